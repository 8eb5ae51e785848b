//! `rim:RegistryObjectList`, as submissions and answers carry it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use datatypes::EntryUuid;
use xds::Problem;
use xml::Reader;

use crate::ReadError;
use crate::findings::Findings;
use crate::limits::room_for_one_more;
use crate::namespace::RIM;
use crate::rim::{Carrier, Part, RimObject, attribute};
use crate::scheme;

/// The objects of a list with everything that was said of them, also beside them.
#[derive(Debug, Default)]
pub(crate) struct ObjectList<'a> {
    pub(crate) objects: Vec<RimObject<'a>>,
    /// Ids of the ObjectRefs.
    pub(crate) references: Vec<Cow<'a, str>>,
}

/// What a RegistryPackage is by its markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackageKind {
    SubmissionSet,
    Folder,
}

impl<'a> ObjectList<'a> {
    /// Reads a list after its start.
    pub(crate) fn read(
        reader: &mut Reader<'a>,
        limit: usize,
        findings: &mut Findings,
    ) -> Result<ObjectList<'a>, ReadError> {
        let mut list = ObjectList::default();
        let mut beside = Vec::new();
        let mut n_children: usize = 0;
        while let Some(child) = reader.next_child()? {
            room_for_one_more(n_children, limit, "registry objects")?;
            n_children = n_children.saturating_add(1);
            if let Some(carrier) = Carrier::of(&child) {
                list.objects.push(RimObject::read(reader, carrier, child)?);
            } else if child.is(RIM, "Classification") {
                beside.push(Part::read_classification(reader, child)?);
            } else if child.is(RIM, "ObjectRef") {
                list.references.extend(attribute(&child, "id"));
                reader.skip()?;
            } else {
                // Other objects of ebRIM have no place in XDS; dropping one in silence might
                // drop a document.
                return Err(ReadError::Unexpected { inside: "RegistryObjectList" });
            }
        }
        list.attach(beside, findings);
        Ok(list)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.references.is_empty()
    }

    /// Gives the Classifications that stand beside the objects to those they name.
    fn attach(&mut self, beside: Vec<Part<'a>>, findings: &mut Findings) {
        if beside.is_empty() {
            return;
        }
        let key_of = |(place, object): (usize, &RimObject<'_>)| {
            object.id.as_deref().map(|id| (comparable(id), place))
        };
        let places: HashMap<String, usize> =
            self.objects.iter().enumerate().filter_map(key_of).collect();
        for part in beside {
            let owner = part.owner.as_deref().unwrap_or_default();
            let place = places.get(&comparable(owner)).copied();
            match place.and_then(|place| self.objects.get_mut(place)) {
                Some(object) => object.classifications.push(part),
                None => findings.fault(owner, "classifiedObject", Problem::Invalid),
            }
        }
    }

    /// Gives a symbol to each Association without id: nothing can refer to it, and some
    /// clients leave out what the registry replaces anyway.
    pub(crate) fn name_associations(&mut self) {
        let taken: HashSet<String> =
            self.objects.iter().filter_map(|object| object.id.as_deref().map(comparable)).collect();
        let mut free =
            (1_usize..).map(|n| format!("association-{n}")).filter(|id| !taken.contains(id));
        for object in &mut self.objects {
            if object.carrier == Carrier::Association && object.id.is_none() {
                object.id = free.next().map(Cow::Owned);
            }
        }
    }
}

/// What a RegistryPackage is; a fault is noted unless its markers agree on exactly one kind.
///
/// The same marker inside and beside the package is one statement said twice.
pub(crate) fn package_kind(object: &RimObject<'_>, findings: &mut Findings) -> Option<PackageKind> {
    let is_set = object.is_classified_as(scheme::submission_set::NODE);
    let is_folder = object.is_classified_as(scheme::folder::NODE);
    let problem = match (is_set, is_folder) {
        (true, false) => return Some(PackageKind::SubmissionSet),
        (false, true) => return Some(PackageKind::Folder),
        (true, true) => Problem::Contradiction,
        (false, false) => Problem::Missing,
    };
    let label = object.id.as_deref().unwrap_or("RegistryPackage without id");
    findings.fault(label, "classificationNode", problem);
    None
}

/// An id in a form in which equal ids are equal texts.
fn comparable(id: &str) -> String {
    EntryUuid::parse(id).map_or_else(|_| id.to_owned(), |uuid| uuid.to_string())
}
