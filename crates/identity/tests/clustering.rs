//! Classes of members against the rules applied to sets, pair by pair.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use identity::{Links, Member, cluster};
use proptest::prelude::*;

type Pairs = Vec<(i64, i64)>;

fn members(domains: &[i64]) -> Vec<Member> {
    (1..).zip(domains).map(|(number, domain)| Member { number, domain: *domain }).collect()
}

#[track_caller]
fn check(domains: &[i64], links: &Links, expected: &[&[i64]]) {
    assert_eq!(cluster(&members(domains), links), expected);
}

fn automatic(pairs: &[(i64, i64)]) -> Links {
    Links { automatic: pairs.to_vec(), ..Links::default() }
}

#[test]
fn nobody_is_linked_without_a_link() {
    check(&[], &Links::default(), &[]);
    check(&[1, 2], &Links::default(), &[&[1], &[2]]);
}

#[test]
fn links_are_transitive() {
    check(&[1, 2, 3, 4], &automatic(&[(1, 3), (4, 3)]), &[&[1, 3, 4], &[2]]);
}

#[test]
fn two_of_one_domain_stay_apart_and_the_older_link_wins() {
    check(&[1, 1, 2], &automatic(&[(3, 2), (1, 3)]), &[&[1, 3], &[2]]);
    check(&[1, 2, 1, 2], &automatic(&[(1, 2), (3, 4), (2, 3)]), &[&[1, 2], &[3, 4]]);
    check(&[1, 1], &automatic(&[(1, 2)]), &[&[1], &[2]]);
}

#[test]
fn a_person_may_join_two_of_one_domain() {
    let links = Links { forced: vec![(1, 2)], automatic: vec![(2, 3)], ..Links::default() };
    check(&[1, 1, 2], &links, &[&[1, 2, 3]]);
    check(&[1, 1, 1], &links, &[&[1, 2], &[3]]);
}

#[test]
fn a_forbidden_pair_stays_apart_however_it_is_linked() {
    let links = Links {
        automatic: vec![(1, 2), (2, 3), (1, 3)],
        forbidden: vec![(3, 1)],
        ..Links::default()
    };
    check(&[1, 2, 3], &links, &[&[1, 2], &[3]]);
    let forced = Links { forced: vec![(1, 3)], ..links };
    check(&[1, 2, 3], &forced, &[&[1, 2, 3]]);
}

#[test]
fn numbers_of_nobody_and_pairs_of_one_mean_nothing() {
    let links = Links {
        forced: vec![(1, 9), (9, 2)],
        automatic: vec![(1, 1), (8, 9)],
        forbidden: vec![(2, 2), (1, 9)],
    };
    check(&[1, 2], &links, &[&[1], &[2]]);
}

/// Sets of members; whether two of them may be one is asked of every pair.
fn naive(members: &[Member], links: &Links) -> Vec<Vec<i64>> {
    let mut classes: Vec<BTreeSet<i64>> =
        members.iter().map(|member| BTreeSet::from([member.number])).collect();
    for pair in &links.forced {
        unite(&mut classes, *pair, |_, _| true);
    }
    let domain = |number: i64| members.iter().find(|m| m.number == number).map(|m| m.domain);
    let is_fit = |a: i64, b: i64| {
        let is_forbidden = |pair: &(i64, i64)| *pair == (a, b) || *pair == (b, a);
        domain(a) != domain(b) && !links.forbidden.iter().any(is_forbidden)
    };
    let mut ordered = links.automatic.clone();
    ordered.sort_by_key(|(a, b)| (*a.max(b), *a.min(b)));
    for pair in ordered {
        unite(&mut classes, pair, is_fit);
    }
    let mut classes: Vec<Vec<i64>> =
        classes.into_iter().map(|class| class.into_iter().collect()).collect();
    classes.sort();
    classes
}

fn unite(classes: &mut Vec<BTreeSet<i64>>, (a, b): (i64, i64), is_fit: impl Fn(i64, i64) -> bool) {
    let place = |number: i64| classes.iter().position(|class| class.contains(&number));
    let (Some(one), Some(other)) = (place(a), place(b)) else {
        return;
    };
    if one == other {
        return;
    }
    let (low, high) = (one.min(other), one.max(other));
    let taken = classes.swap_remove(high);
    let Some(class) = classes.get_mut(low) else {
        return;
    };
    let fits = class.iter().all(|x| taken.iter().all(|y| is_fit(*x, *y)));
    if fits {
        class.extend(taken);
    } else {
        classes.push(taken);
    }
}

/// Each number at most once; a few links name nobody.
fn setting() -> impl Strategy<Value = (Vec<Member>, Links)> {
    let domains = prop::collection::vec(1i64..6, 0..12);
    let pairs = |n: usize| prop::collection::vec((0i64..13, 0i64..13), 0..n);
    (domains, pairs(4), pairs(30), pairs(5)).prop_map(|(domains, forced, automatic, forbidden)| {
        (members(&domains), Links { forced, automatic, forbidden })
    })
}

fn turned(pairs: &Pairs) -> Pairs {
    pairs.iter().rev().map(|(a, b)| (*b, *a)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 8))]

    #[test]
    fn classes_are_those_of_the_naive_way((members, links) in setting()) {
        prop_assert_eq!(cluster(&members, &links), naive(&members, &links));
    }

    #[test]
    fn classes_are_a_partition_in_order((members, links) in setting()) {
        let classes = cluster(&members, &links);
        let mut all: Vec<i64> = classes.concat();
        prop_assert!(classes.iter().all(|class| class.is_sorted()));
        prop_assert!(classes.iter().map(|class| class.first()).is_sorted());
        all.sort_unstable();
        prop_assert_eq!(all, members.iter().map(|member| member.number).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_the_arguments_does_not_matter(
        (members, links) in setting(),
        shuffled in Just(()).prop_perturb(|(), mut random| random.next_u64()),
    ) {
        let mut other_members = members.clone();
        other_members.sort_by_key(|member| (member.number.unsigned_abs() ^ 5).wrapping_mul(shuffled | 1));
        let mut automatic = turned(&links.automatic);
        automatic.sort_by_key(|(a, b)| (a * 13 + b).unsigned_abs().wrapping_mul(shuffled | 1));
        automatic.extend(links.automatic.first().copied());
        let other = Links {
            forced: turned(&links.forced),
            automatic,
            forbidden: turned(&links.forbidden),
        };
        prop_assert_eq!(cluster(&members, &links), cluster(&other_members, &other));
    }

    #[test]
    fn nobody_is_joined_without_reason((members, links) in setting()) {
        let forced = Links { automatic: Vec::new(), ..links.clone() };
        let forced = cluster(&members, &forced);
        let is_forced = |a: i64, b: i64| forced.iter().any(|class| class.contains(&a) && class.contains(&b));
        let domain = |number: i64| members.iter().find(|m| m.number == number).map(|m| m.domain);
        for class in cluster(&members, &links) {
            for (a, b) in class.iter().flat_map(|a| class.iter().map(move |b| (*a, *b))) {
                if a == b || is_forced(a, b) {
                    continue;
                }
                prop_assert_ne!(domain(a), domain(b));
                prop_assert!(!links.forbidden.contains(&(a, b)));
            }
        }
    }
}

#[test]
fn a_crowd_is_clustered_in_bounded_time() {
    let n_members: i64 = 2_000;
    let crowd: Vec<Member> =
        (0..n_members).map(|number| Member { number, domain: number % 700 }).collect();
    let all: Pairs = (0..n_members)
        .flat_map(|a| (1..100).map(move |step| (a, (a * 7 + step) % n_members)))
        .collect();
    let links = Links {
        forced: Vec::new(),
        forbidden: all.iter().step_by(11).copied().collect(),
        automatic: all,
    };
    let start = Instant::now();
    let classes = cluster(&crowd, &links);
    assert!(classes.len() > 2);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
