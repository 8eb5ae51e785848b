//! ITI-8 A40 at the Document Registry (ITI TF-2: 3.8.4.2): which merges are accepted, what they change and
//! what they leave as it was.

mod afterwards;
mod cost;
mod parallel;
mod refusals;
mod ward;
