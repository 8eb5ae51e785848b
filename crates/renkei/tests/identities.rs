//! Who is one person, and under which identifier their documents stand: manager, registry and repository as
//! hospitals meet them.

mod away;
mod corrections;
mod crash;
mod links;
mod merges;
