//! The drop-in directories: scanning, reading drafts, measuring media, claiming, finishing.
