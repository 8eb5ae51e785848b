//! Which members are one person, from the links between them.

use std::collections::{BTreeMap, BTreeSet};

/// A patient of one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its age as well: the smaller, the older.
    pub number: i64,
    pub domain: i64,
}

/// What is known about pairs of members. Pairs have no direction; numbers of no member mean nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// A person decided that these are one; they may even be of one domain.
    pub forced: Vec<(i64, i64)>,
    /// The rules found that these are one.
    pub automatic: Vec<(i64, i64)>,
    /// A person decided that these are not one.
    pub forbidden: Vec<(i64, i64)>,
}

/// The members in classes, one a person: classes by their oldest member, members by age.
///
/// Forced links hold always. Then automatic links are taken, oldest first (by the younger member of the
/// pair, then the older), each only if the class that it makes would hold neither two members of one
/// domain, unless forced links joined them already, nor a forbidden pair. The result does not depend
/// on the order of the arguments. Near-linear in members and links.
#[must_use]
pub fn cluster(members: &[Member], links: &Links) -> Vec<Vec<i64>> {
    let mut partition = Partition::new(members);
    for (one, other) in &links.forced {
        partition.unite(*one, *other, Allowed::Always);
    }
    for (one, other) in &links.forbidden {
        partition.forbid(*one, *other);
    }
    let ordered: BTreeSet<(i64, i64)> =
        links.automatic.iter().map(|(one, other)| (*one.max(other), *one.min(other))).collect();
    for (younger, older) in ordered {
        partition.unite(younger, older, Allowed::WithoutConflict);
    }
    partition.into_classes()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Always,
    WithoutConflict,
}

/// Disjoint classes; the smaller is poured into the larger.
struct Partition {
    class_of: BTreeMap<i64, usize>,
    classes: Vec<Class>,
}

#[derive(Default)]
struct Class {
    members: Vec<i64>,
    domains: BTreeSet<i64>,
    /// Members that must not come in.
    forbidden: BTreeSet<i64>,
}

impl Class {
    fn weight(&self) -> usize {
        self.members.len().saturating_add(self.forbidden.len())
    }

    /// Asked of the larger class about the smaller. What is forbidden is known to both sides.
    fn conflicts_with(&self, smaller: &Class) -> bool {
        smaller.domains.iter().any(|domain| self.domains.contains(domain))
            || smaller.members.iter().any(|member| self.forbidden.contains(member))
    }
}

impl Partition {
    fn new(members: &[Member]) -> Partition {
        let mut domains: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for member in members {
            domains.entry(member.number).or_default().insert(member.domain);
        }
        let mut partition = Partition { class_of: BTreeMap::new(), classes: Vec::new() };
        for (number, domains) in domains {
            partition.class_of.insert(number, partition.classes.len());
            let members = vec![number];
            partition.classes.push(Class { members, domains, forbidden: BTreeSet::new() });
        }
        partition
    }

    /// The places of two different classes.
    fn classes_of(&self, one: i64, other: i64) -> Option<(usize, usize)> {
        let (one, other) = (*self.class_of.get(&one)?, *self.class_of.get(&other)?);
        (one != other).then_some((one, other))
    }

    fn forbid(&mut self, one: i64, other: i64) {
        let Some((at_one, at_other)) = self.classes_of(one, other) else {
            return;
        };
        for (at, stranger) in [(at_one, other), (at_other, one)] {
            if let Some(class) = self.classes.get_mut(at) {
                class.forbidden.insert(stranger);
            }
        }
    }

    fn unite(&mut self, one: i64, other: i64, allowed: Allowed) {
        let Some((at_one, at_other)) = self.classes_of(one, other) else {
            return;
        };
        let Ok([class, poured]) = self.classes.get_disjoint_mut([at_one, at_other]) else {
            return;
        };
        let is_swapped = class.weight() < poured.weight();
        let (target, class, poured) =
            if is_swapped { (at_other, poured, class) } else { (at_one, class, poured) };
        if allowed == Allowed::WithoutConflict && class.conflicts_with(poured) {
            return;
        }
        let poured = std::mem::take(poured);
        for member in &poured.members {
            self.class_of.insert(*member, target);
        }
        class.members.extend(poured.members);
        class.domains.extend(poured.domains);
        class.forbidden.extend(poured.forbidden);
    }

    fn into_classes(self) -> Vec<Vec<i64>> {
        let mut classes: Vec<Vec<i64>> =
            self.classes.into_iter().map(|class| class.members).collect();
        classes.retain(|members| !members.is_empty());
        for members in &mut classes {
            members.sort_unstable();
        }
        classes.sort_unstable();
        classes
    }
}
