//! ITI-64 at the Document Registry: which link changes are accepted, what belongs to whom after them, and
//! that each can be undone.

mod afterwards;
mod late;
mod packages;
mod parallel;
mod scene;
mod table;
mod undone;
