//! Random instructions: what is computed around each change is what would be computed from everything.

mod world;

use std::collections::BTreeMap;

use identity::LinkRules;
use pix_manager::error::ManagementFault;
use proptest::prelude::*;

use crate::rows::{self, check_invariants};
use world::{Step, World};

/// Each step against the classes from scratch, for one of the rule sets.
fn check(rules: LinkRules, steps: &[Step]) {
    let mut world = World::new(rules);
    for step in steps {
        let before: BTreeMap<i64, i64> = world.persons();
        let decided = rows::decisions(world.database());
        let outcome = world.run(step);
        let after = world.persons();
        check_invariants(world.database());
        assert_eq!(world.classes(), world.classes_from_scratch(), "after {step:?} of {steps:?}");
        match outcome {
            Ok(effect) => {
                // Whoever must be told of it is told from the effect alone.
                for (number, person) in &after {
                    let was = before.get(number);
                    if was != Some(person) {
                        let known = &effect.region.known[number];
                        assert_eq!((known.before.as_ref(), &known.row.person_no), (was, person));
                    }
                }
                world.check_decisions(step, &decided);
            }
            Err(fault) => {
                assert!(
                    !matches!(fault, ManagementFault::Store(_) | ManagementFault::Damaged(_)),
                    "{fault:?}"
                );
                assert_eq!(before, after, "{step:?} is refused");
                assert_eq!(decided, rows::decisions(world.database()), "{step:?} is refused");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 6))]

    #[test]
    fn classes_are_those_from_scratch_by_development_rules(steps in world::steps()) {
        check(LinkRules::Development, &steps);
    }

    #[test]
    fn classes_are_those_from_scratch_by_production_rules(steps in world::steps()) {
        check(LinkRules::Production, &steps);
    }
}
