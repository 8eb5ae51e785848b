//! The five XDS objects, stored queries and error codes; knows no XML.
