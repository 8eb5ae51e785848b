//! The transactions that rights are given for, and sets of them.

/// A transaction of the IT Infrastructure Technical Framework that somebody may or may not call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Transaction {
    /// Patient Identity Feed, HL7 v2.
    Iti8,
    /// PIX Query.
    Iti9,
    /// Registry Stored Query.
    Iti18,
    /// Patient Demographics Query.
    Iti21,
    /// Patient Demographics and Visit Query.
    Iti22,
    /// Patient Identity Management.
    Iti30,
    /// Provide and Register Document Set-b.
    Iti41,
    /// Register Document Set-b.
    Iti42,
    /// Retrieve Document Set.
    Iti43,
    /// Patient Identity Feed, HL7 v3.
    Iti44,
    /// PIX Query, HL7 v3.
    Iti45,
    /// Patient Demographics Query, HL7 v3.
    Iti47,
    /// Multi-Patient Stored Query.
    Iti51,
    /// Notify XAD-PID Link Change.
    Iti64,
    /// Retrieve ATNA Audit Event.
    Iti81,
}

impl Transaction {
    /// All of them, in the order of their numbers.
    pub const ALL: [Transaction; 15] = [
        Transaction::Iti8,
        Transaction::Iti9,
        Transaction::Iti18,
        Transaction::Iti21,
        Transaction::Iti22,
        Transaction::Iti30,
        Transaction::Iti41,
        Transaction::Iti42,
        Transaction::Iti43,
        Transaction::Iti44,
        Transaction::Iti45,
        Transaction::Iti47,
        Transaction::Iti51,
        Transaction::Iti64,
        Transaction::Iti81,
    ];

    /// `ITI-8`, as the framework writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Transaction::Iti8 => "ITI-8",
            Transaction::Iti9 => "ITI-9",
            Transaction::Iti18 => "ITI-18",
            Transaction::Iti21 => "ITI-21",
            Transaction::Iti22 => "ITI-22",
            Transaction::Iti30 => "ITI-30",
            Transaction::Iti41 => "ITI-41",
            Transaction::Iti42 => "ITI-42",
            Transaction::Iti43 => "ITI-43",
            Transaction::Iti44 => "ITI-44",
            Transaction::Iti45 => "ITI-45",
            Transaction::Iti47 => "ITI-47",
            Transaction::Iti51 => "ITI-51",
            Transaction::Iti64 => "ITI-64",
            Transaction::Iti81 => "ITI-81",
        }
    }

    /// The transaction of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Transaction> {
        Transaction::ALL.into_iter().find(|transaction| transaction.name() == name)
    }

    /// Whether it changes what an actor holds. Such a request must not be carried out twice because somebody
    /// sent it again.
    #[must_use]
    pub const fn changes_something(self) -> bool {
        match self {
            Transaction::Iti8
            | Transaction::Iti30
            | Transaction::Iti41
            | Transaction::Iti42
            | Transaction::Iti44
            | Transaction::Iti64 => true,
            Transaction::Iti9
            | Transaction::Iti18
            | Transaction::Iti21
            | Transaction::Iti22
            | Transaction::Iti43
            | Transaction::Iti45
            | Transaction::Iti47
            | Transaction::Iti51
            | Transaction::Iti81 => false,
        }
    }

    #[expect(
        clippy::as_conversions,
        reason = "the number of a variant, of which there are fifteen"
    )]
    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// A set of transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transactions(u32);

impl Transactions {
    pub const NONE: Transactions = Transactions(0);

    #[must_use]
    pub const fn contains(self, transaction: Transaction) -> bool {
        self.0 & transaction.bit() != 0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Transactions) -> Transactions {
        Transactions(self.0 | other.0)
    }

    #[must_use]
    pub const fn with(self, transaction: Transaction) -> Transactions {
        Transactions(self.0 | transaction.bit())
    }
}

impl FromIterator<Transaction> for Transactions {
    fn from_iter<I: IntoIterator<Item = Transaction>>(transactions: I) -> Transactions {
        transactions.into_iter().fold(Transactions::NONE, Transactions::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transaction_has_a_name_and_a_place_of_its_own() {
        let mut all = Transactions::NONE;
        for transaction in Transaction::ALL {
            assert_eq!(Transaction::parse(transaction.name()), Some(transaction));
            assert!(!all.contains(transaction));
            all = all.with(transaction);
        }
        assert!(Transaction::ALL.into_iter().all(|transaction| all.contains(transaction)));
        assert_eq!(Transaction::parse("iti-8"), None);
    }
}
