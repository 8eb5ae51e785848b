//! SIGKILL before each call on a file that a submission makes: between two of them lies every phase, from the
//! first byte in the spool over rename and row to the registration and the row that settles it.

use super::bench::{Bench, Way};
use super::is_everything;
use crate::faults::shim::{CHANGES, Errno, Fault};

/// Bytes of the documents: none, and some in one and in many blocks of the spool.
const SIZES: &[usize] = &[0, 100 << 10, 2 << 20];

/// In a normal run one of so many calls is taken.
const STRIDE: usize = 8;

fn kill_at_each(bench: &mut Bench, way: Way, first: usize) {
    let stride = if is_everything() { 1 } else { STRIDE };
    bench.next_patient();
    for place in (first..).step_by(stride) {
        let fault = Fault {
            skip: u32::try_from(place).unwrap(),
            times: 1,
            ..Fault::lasting(CHANGES, "/data/", Errno::Killed)
        };
        let mut connection = bench.community.repository();
        let submit = |bench: &mut Bench| bench.submit_on(&mut connection, way);
        let (outcome, fired) = bench.during(&fault, submit);
        if fired.n_fired == 0 {
            assert!(outcome.unwrap(), "a failure without a fault");
            eprintln!("{way:?}: {place} calls");
            assert!(place > 30);
            bench.check();
            return;
        }
        // The kill may have come after the answer: records move to the journal behind it.
        bench.community.kill();
        bench.community.up();
        assert_eq!(bench.community.files_below("spool").len(), 0, "half-received documents");
        bench.recover();
    }
}

#[test]
fn a_kill_at_any_call_leaves_a_submission_whole_or_absent() {
    let mut bench = Bench::with(SIZES);
    for (first, way) in [Way::Parts, Way::Inline].into_iter().enumerate() {
        kill_at_each(&mut bench, way, first);
    }
    bench.conclude();
}
