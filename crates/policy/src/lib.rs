//! Who may do what: Requester, Permit, access mode.
