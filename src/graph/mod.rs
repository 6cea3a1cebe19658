//! Microsoft Graph: sign-in, requests, pages, and their conversion into the domain.
