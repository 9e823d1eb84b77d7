//! NOUNS: ids, times, texts, media, posts, accounts, queues, holds, receipts. No IO, no clock, no async.
