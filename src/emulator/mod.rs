//! A local Microsoft Graph for the demo and the tests, written from the documentation alone: it shares no
//! types or logic with the client and the compliance code.
