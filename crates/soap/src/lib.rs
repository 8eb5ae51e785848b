//! SOAP 1.2, WS-Addressing, faults, MTOM/XOP both ways; bytes in, values out.
