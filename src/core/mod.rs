//! DECISIONS, pure: what a post is, when it may go, what an answer means, what happens next.
