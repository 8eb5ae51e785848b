//! Each reader under its good inputs and a few hundred changed ones, and the harness itself under readers that
//! are known to be bad.

mod harness;
mod readers;
