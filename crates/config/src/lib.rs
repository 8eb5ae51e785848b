//! The affinity-domain agreement, actor configurations, development CA.
