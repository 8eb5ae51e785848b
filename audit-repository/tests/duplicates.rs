//! What a sender sends again is one record, if it can be told.

use audit_repository::chain::Transport;
use audit_repository::store::event::Arrival;
use audit_repository::transactions::record_audit_event::record_audit_event;

use crate::fixture::{message, on_each_backend};

#[test]
fn the_same_bytes_are_one_record_if_they_say_when_they_were_written() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let repository = server.state();
        let precise = message("7", 1, ".1234");
        let vague = message("7", 1, ".123");
        fixture.store(&repository, &[precise.clone(), vague.clone(), precise.clone()]);
        fixture.store(&repository, &[precise.clone(), vague.clone(), message("7", 1, ".12345")]);
        // Datagrams are stored as they come.
        let udp = Arrival::new(1, Transport::Udp, ("a", "a"), precise.clone());
        fixture.runtime.block_on(record_audit_event(&repository, vec![udp])).unwrap();
        drop(repository);
        fixture.stop(server);
        let expected =
            [&precise, &vague, &vague, &message("7", 1, ".12345"), &precise].map(Clone::clone);
        assert_eq!(fixture.received(), expected);
        assert_eq!(fixture.metrics.syslog.duplicate_messages.get(), 2);
        assert!(fixture.verify().is_intact());
    });
}
