//! Document Registry: ITI-42, ITI-18 and the patient identity feed ITI-8.
