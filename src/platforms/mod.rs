//! One folder per platform, pure: what it can publish, its steps, what its replies mean.
