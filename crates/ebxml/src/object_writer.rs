//! Writes one ebRIM object, child by child in the order of the schema.

use std::collections::HashSet;

use datatypes::{EntryUuid, HomeCommunityId, ObjectId};
use xds::{AvailabilityStatus, Identified, LocalizedText};
use xml::Writer;

use crate::scheme::object_type;

/// The ids of sub-objects that have no UUID: symbols that no object of the message uses.
#[derive(Debug, Default)]
pub(crate) struct PartIds {
    taken: HashSet<String>,
    n_given: usize,
}

impl PartIds {
    /// For a message in which the objects have the ids `taken`.
    pub(crate) fn beside<'i>(taken: impl Iterator<Item = &'i ObjectId>) -> PartIds {
        PartIds { taken: taken.map(ObjectId::to_string).collect(), n_given: 0 }
    }

    fn next(&mut self) -> String {
        loop {
            self.n_given = self.n_given.saturating_add(1);
            let id = format!("part-{}", self.n_given);
            if !self.taken.contains(&id) {
                return id;
            }
        }
    }
}

/// What every object says in its start tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'o> {
    pub(crate) id: &'o ObjectId,
    pub(crate) logical_id: Option<EntryUuid>,
    pub(crate) home: Option<&'o HomeCommunityId>,
    /// Written in answers only; a submitted status is ignored.
    pub(crate) status: Option<AvailabilityStatus>,
}

/// A writer inside one object.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'w> {
    writer: &'w mut Writer,
    ids: &'w mut PartIds,
    owner: String,
}

impl<'w> ObjectWriter<'w> {
    /// Starts an object; `specific` are the attributes that its kind adds.
    pub(crate) fn start(
        writer: &'w mut Writer,
        ids: &'w mut PartIds,
        element: &'static str,
        head: Head<'_>,
        specific: &[(&'static str, &str)],
    ) -> ObjectWriter<'w> {
        let owner = head.id.to_string();
        let lid = head.logical_id.map(|lid| lid.to_string());
        let home = head.home.map(HomeCommunityId::as_urn);
        let mut attributes = vec![("id", owner.as_str())];
        attributes.extend(lid.as_deref().map(|lid| ("lid", lid)));
        attributes.extend(home.as_deref().map(|home| ("home", home)));
        attributes.extend(head.status.map(|status| ("status", status.urn())));
        attributes.extend_from_slice(specific);
        writer.start(element, &attributes);
        ObjectWriter { writer, ids, owner }
    }

    /// For what is written without the object's id: slots.
    pub(crate) fn xml(&mut self) -> &mut Writer {
        self.writer
    }

    /// A display name.
    pub(crate) fn name(&mut self, value: &str) {
        let text = [("value", value)];
        self.writer.start("rim:Name", &[]).empty("rim:LocalizedString", &text).end();
    }

    /// Name and Description: title and comments.
    pub(crate) fn texts(
        &mut self,
        title: Option<&LocalizedText>,
        comments: Option<&LocalizedText>,
    ) {
        for (element, text) in [("rim:Name", title), ("rim:Description", comments)] {
            let Some(text) = text else { continue };
            let mut attributes = Vec::with_capacity(2);
            attributes.extend(text.lang.as_deref().map(|lang| ("xml:lang", lang)));
            attributes.push(("value", text.value.as_str()));
            self.writer.start(element, &[]).empty("rim:LocalizedString", &attributes).end();
        }
    }

    /// Starts a Classification by a scheme.
    pub(crate) fn start_classification(
        &mut self,
        scheme: &str,
        id: Option<EntryUuid>,
        node_representation: &str,
    ) {
        let id = self.part_id(id);
        let attributes = [
            ("id", id.as_str()),
            ("objectType", object_type::CLASSIFICATION),
            ("classificationScheme", scheme),
            ("classifiedObject", &self.owner),
            ("nodeRepresentation", node_representation),
        ];
        self.writer.start("rim:Classification", &attributes);
    }

    /// The Classification that says what a RegistryPackage is.
    pub(crate) fn marker(&mut self, node: &str) {
        let id = self.part_id(None);
        let attributes = [
            ("id", id.as_str()),
            ("objectType", object_type::CLASSIFICATION),
            ("classificationNode", node),
            ("classifiedObject", &self.owner),
        ];
        self.writer.empty("rim:Classification", &attributes);
    }

    /// An ExternalIdentifier; `name` is the fixed text of ITI TF-3: 4.2.3.
    pub(crate) fn identifier<T>(
        &mut self,
        scheme: &str,
        name: &str,
        identifier: &Identified<T>,
        value: &str,
    ) {
        let id = self.part_id(identifier.id);
        let attributes = [
            ("id", id.as_str()),
            ("objectType", object_type::EXTERNAL_IDENTIFIER),
            ("identificationScheme", scheme),
            ("registryObject", &self.owner),
            ("value", value),
        ];
        self.writer.start("rim:ExternalIdentifier", &attributes);
        self.name(name);
        self.end();
    }

    /// Ends the sub-object or the object that was started last.
    pub(crate) fn end(&mut self) {
        self.writer.end();
    }

    fn part_id(&mut self, id: Option<EntryUuid>) -> String {
        id.map_or_else(|| self.ids.next(), |id| id.to_string())
    }
}
