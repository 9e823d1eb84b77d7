//! crierctl: one file per verb, tables for people, JSON for programs.
