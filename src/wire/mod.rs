//! The only way out: one HTTP client and one SMTP client, secrets attached at the last moment.
