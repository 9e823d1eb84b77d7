//! Tables over clock changes, slots, spacing; what people write wrongly; laws that hold for any of it.

use super::*;
use crate::domain::id::QueueName;
use crate::domain::queue::{LateRule, LateThen, OnUnknown};
use jiff::civil::DateTime;
use proptest::prelude::*;

fn berlin() -> jiff::tz::TimeZone {
    zone("Europe/Berlin").unwrap()
}

fn ts(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn civil(text: &str) -> WrittenTime {
    WrittenTime::Civil(text.parse::<DateTime>().unwrap())
}

fn at(text: &str) -> Resolved {
    resolve(&civil(text), "Europe/Berlin", &berlin()).unwrap()
}

fn queue(slots: &[&str]) -> Queue {
    Queue {
        name: QueueName::new("news").unwrap(),
        accounts: vec![],
        timezone: "Europe/Berlin".into(),
        slots: slots.iter().map(|s| (*s).to_owned()).collect(),
        late: LateRule {
            within: Span::hours(6),
            then: LateThen::Skip,
        },
        spacing: Span::mins(10),
        duplicate_window: Span::days(3),
        prepare: Span::mins(15),
        on_unknown: OnUnknown::Hold,
        fit: Default::default(),
    }
}

fn slots_from(patterns: &[&str], after: &str, n: usize) -> Vec<String> {
    let patterns: Vec<String> = patterns.iter().map(|s| (*s).to_owned()).collect();
    let slots = Slots::new(&patterns, "Europe/Berlin").unwrap();
    slots
        .iter(ts(after))
        .take(n)
        .map(|t| local(t, slots.zone()))
        .collect()
}

#[test]
fn a_plain_time_is_the_queues_and_needs_no_warning() {
    let r = at("2026-12-01T09:00:00");
    assert_eq!(r.at, ts("2026-12-01T08:00:00Z"));
    assert_eq!(r.text, "2026-12-01T09:00 Europe/Berlin");
    assert_eq!(r.warning, None);
    assert_eq!(at("2026-07-01T09:00:30").at, ts("2026-07-01T07:00:30Z"));
    assert_eq!(
        at("2026-07-01T09:00:30").text,
        "2026-07-01T09:00:30 Europe/Berlin"
    );
}

#[test]
fn an_offset_wins_over_the_zone() {
    let fixed = WrittenTime::Fixed("2026-03-29T02:30".parse().unwrap(), jiff::tz::offset(-5));
    let r = resolve(&fixed, "Europe/Berlin", &berlin()).unwrap();
    assert_eq!(r.at, ts("2026-03-29T07:30:00Z"));
    assert_eq!(r.text, "2026-03-29T02:30-05:00");
    assert_eq!(r.warning, None);
}

#[test]
fn a_time_in_the_gap_is_moved_on_and_both_are_named() {
    let r = at("2026-03-29T02:30:00");
    assert_eq!(r.at, ts("2026-03-29T01:30:00Z"));
    insta::assert_snapshot!(r.warning.unwrap(), @"the clocks of Europe/Berlin are put forward over 2026-03-29T02:30, it never comes: taken as 2026-03-29T03:30+02:00 (2026-03-29T01:30:00Z); if 2026-03-29T01:30+01:00 (2026-03-29T00:30:00Z) is meant, write the offset");
    // the edges of the gap
    assert_eq!(at("2026-03-29T01:59:59").warning, None);
    assert!(at("2026-03-29T02:00:00").warning.is_some());
    assert_eq!(at("2026-03-29T03:00:00").warning, None);
}

#[test]
fn a_time_in_the_overlap_is_the_first_and_both_are_named() {
    let r = at("2026-10-25T02:30:00");
    assert_eq!(r.at, ts("2026-10-25T00:30:00Z"));
    insta::assert_snapshot!(r.warning.unwrap(), @"the clocks of Europe/Berlin are put back over 2026-10-25T02:30, it comes twice: taken as the first, 2026-10-25T02:30+02:00 (2026-10-25T00:30:00Z); if the second, 2026-10-25T02:30+01:00 (2026-10-25T01:30:00Z), is meant, write the offset");
    assert_eq!(at("2026-10-25T01:59:59").warning, None);
    assert_eq!(at("2026-10-25T03:00:00").warning, None);
}

#[test]
fn slots_over_the_spring_change() {
    assert_eq!(
        slots_from(&["30 2 * * *"], "2026-03-28T00:00:00Z", 3),
        [
            "2026-03-28T02:30+01:00",
            "2026-03-29T03:00+02:00",
            "2026-03-30T02:30+02:00"
        ]
    );
    assert_eq!(
        slots_from(&["*/30 * * * *"], "2026-03-29T00:00:00Z", 4),
        [
            "2026-03-29T01:30+01:00",
            "2026-03-29T03:00+02:00",
            "2026-03-29T03:30+02:00",
            "2026-03-29T04:00+02:00"
        ]
    );
    assert_eq!(
        slots_from(&["0 9 * * *"], "2026-03-27T12:00:00Z", 3),
        [
            "2026-03-28T09:00+01:00",
            "2026-03-29T09:00+02:00",
            "2026-03-30T09:00+02:00"
        ]
    );
}

#[test]
fn slots_over_the_autumn_change() {
    assert_eq!(
        slots_from(&["30 2 * * *"], "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    );
    // a step in the minutes runs in both passes
    assert_eq!(
        slots_from(&["*/30 * * * *"], "2026-10-24T23:30:00Z", 5),
        [
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T02:30+01:00",
            "2026-10-25T03:00+01:00"
        ]
    );
    // so does a step in the hours: a line of crier-queue(5)
    assert_eq!(
        slots_from(&["0 */2 * * *"], "2026-10-24T22:30:00Z", 3),
        [
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T04:00+01:00"
        ]
    );
}

#[test]
fn several_patterns_are_one_row_of_slots() {
    assert_eq!(
        slots_from(
            &["0 9 * * Mon-Fri", "30 11 * * Sat", "0 9 * * Mon"],
            "2026-11-19T12:00:00Z",
            4
        ),
        [
            "2026-11-20T09:00+01:00",
            "2026-11-21T11:30+01:00",
            "2026-11-23T09:00+01:00",
            "2026-11-24T09:00+01:00"
        ]
    );
    // day and weekday together mean either, as in cron
    assert_eq!(
        slots_from(&["0 9 1 * Mon"], "2026-11-28T12:00:00Z", 3),
        [
            "2026-11-30T09:00+01:00",
            "2026-12-01T09:00+01:00",
            "2026-12-07T09:00+01:00"
        ]
    );
}

#[test]
fn each_slot_lets_one_post_out() {
    let q = queue(&["0 9 * * *"]);
    let now = ts("2026-11-21T08:00:00Z"); // exactly a slot: that one is over
    let mut taken = vec![];
    for day in ["22", "23", "24"] {
        let due = due_time(&q, &When::default(), &taken, now).unwrap();
        assert_eq!(due.at, ts(&format!("2026-11-{day}T08:00:00Z")));
        taken.push(due.at);
    }
    taken.remove(1); // a removed file frees its slot
    let due = due_time(&q, &When::default(), &taken, now).unwrap();
    assert_eq!(due.at, ts("2026-11-23T08:00:00Z"));
    assert_eq!(
        due.why.words(),
        "the queue's next free slot is 2026-11-23T09:00+01:00"
    );
    assert_eq!(next_slot(&q, now), Some(ts("2026-11-22T08:00:00Z")));
}

#[test]
fn without_slots_at_once_and_with_at_then() {
    let now = ts("2026-11-21T08:00:00Z");
    let due = due_time(&queue(&[]), &When::default(), &[], now).unwrap();
    assert_eq!((due.at, due.why), (now, DueWhy::AtOnce));
    let when = When {
        at: Some(ts("2026-12-01T08:00:00Z")),
        at_text: Some("2026-12-01T09:00 Europe/Berlin".into()),
        expires: Some(Expiry::After(Span::hours(2))),
    };
    let due = due_time(&queue(&["0 9 * * *"]), &when, &[], now).unwrap();
    assert_eq!(due.why.words(), "its file says 2026-12-01T09:00 Europe/Berlin");
    assert_eq!(expires_at(&when, due.at), Some(ts("2026-12-01T10:00:00Z")));
}

#[test]
fn spacing_finds_the_first_hole() {
    let m = |n: i64| Timestamp::from_secs(n * 60);
    let ten = Span::mins(10);
    assert_eq!(spaced(m(0), ten, &[]), m(0));
    assert_eq!(spaced(m(5), ten, &[m(0)]), m(10));
    assert_eq!(spaced(m(10), ten, &[m(0), m(20)]), m(10));
    assert_eq!(spaced(m(5), ten, &[m(19), m(0)]), m(29));
    assert_eq!(spaced(m(5), Span::ZERO, &[m(5)]), m(5));
}

#[test]
fn lengths_of_time_as_people_write_them() {
    for (text, secs) in [
        ("90s", 90),
        ("6h", 21_600),
        ("2d", 172_800),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        (" 2 weeks ", 1_209_600),
        ("0s", 0),
    ] {
        assert_eq!(parse_span(text), Ok(Span::secs(secs)), "{text}");
    }
    for text in [
        "",
        "h",
        "5",
        "-5m",
        "5 fortnights",
        "1.5h",
        "99999999999999999999s",
        "9999999999999d",
        "2h ago",
        "ü",
    ] {
        assert!(parse_span(text).is_err(), "{text}");
    }
}

#[test]
fn bad_slots_are_told_by_field() {
    let told = |p: &str| check_slot(p).err().unwrap_or_else(|| "ACCEPTED".into());
    insta::assert_snapshot!(
        "bad_slots",
        [
            "",
            "0 9 * *",
            "0 0 9 * * *",
            "60 9 * * *",
            "0 25 * * *",
            "0 9 32 * *",
            "0 9 * 13 *",
            "0 9 * * 8",
            "0 9 * * Mo",
            "0 9 * Foo *",
            "5/10 9 * * *",
            "0 9 31 2 *",
            "@reboot",
            "0 9 * * Fri-Mon",
            "0 9,, * * *",
            "*/0 9 * * *",
            "0 9 * * Mon;rm",
        ]
        .map(|p| format!("{p:?}\n  {}", told(p)))
        .join("\n")
    );
    assert!(told(&"1,".repeat(400)).contains("at most 120"));
    for good in [
        "0 9 * * Mon-Fri",
        "30 11 * * sat",
        "@daily",
        "0 9 29 2 *",
        "0 9 L * *",
        "0 9 * * 1#1",
        " 0  9 * * * ",
    ] {
        assert_eq!(check_slot(good), Ok(()), "{good}");
    }
}

proptest! {
    #[test]
    fn check_slot_never_panics(pattern in "[0-9A-Za-z*,/#LW@?+ -]{0,40}") {
        let _ = check_slot(&pattern);
    }

    #[test]
    fn slots_go_forward(minute in 0u8..60, hour in 0u8..24, start in 0i64..4_000_000_000) {
        let patterns = [format!("{minute} {hour} * * *"), "*/17 * * * *".to_owned()];
        let slots = Slots::new(&patterns, "America/New_York").unwrap();
        let start = Timestamp::from_secs(start);
        let mut last = start;
        for slot in slots.iter(start).take(6) {
            prop_assert!(slot > last);
            prop_assert!(slot.since(last) <= Span::days(1));
            last = slot;
        }
    }

    #[test]
    fn spaced_keeps_its_distance(t in 0i64..1000, spacing in 1i64..50, others in prop::collection::vec(0i64..1000, 0..20)) {
        let others: Vec<Timestamp> = others.into_iter().map(Timestamp).collect();
        let free = spaced(Timestamp(t), Span(spacing), &others);
        let fits = |x: Timestamp| others.iter().all(|o| (o.0 - x.0).abs() >= spacing);
        prop_assert!(fits(free) && free.0 >= t);
        prop_assert!((t..free.0).all(|x| !fits(Timestamp(x))));
    }

    #[test]
    fn every_civil_time_resolves(days in 0i64..20_000, secs in 0i64..86_400) {
        let civil = jiff::civil::date(1990, 1, 1).at(0, 0, 0, 0)
            .checked_add(jiff::Span::new().seconds(days * 86_400 + secs)).unwrap();
        let r = resolve(&WrittenTime::Civil(civil), "Europe/Berlin", &berlin()).unwrap();
        let back = r.at.to_jiff().to_zoned(berlin()).datetime();
        prop_assert_eq!(r.warning.is_some() && back != civil, back != civil);
    }
}
