//! ebRIM/ebRS and XDS.b messages: bytes to domain values and back.
