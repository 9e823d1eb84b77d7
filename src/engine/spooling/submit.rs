//! Posts that come over the admin socket: written into the queue as files, durably, and answered for when
//! the scan has admitted or refused them.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::id::{PostId, QueueName};
use crate::engine::Handle;
use crate::engine::accounts::detail;
use crate::engine::api::{Answer, Caller, Format, Problem, ProblemKind, Submission, Submitted};
use crate::engine::event::Event;
use crate::spool::Queue;

/// The longest that a client waits for its file to be looked at.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest media file that a client may send along.
const MEDIA_MAX: u64 = 4 << 30;

type Told = Result<PostId, String>;
type Expected = BTreeMap<(QueueName, String), oneshot::Sender<Told>>;

/// Files that came over the socket and have not been looked at.
#[derive(Default)]
pub struct Submissions(Mutex<Expected>);

impl Submissions {
    fn lock(&self) -> std::sync::MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file came over the socket.
    pub fn holds(&self, queue: &QueueName, name: &str) -> bool {
        self.lock().contains_key(&(queue.clone(), name.to_owned()))
    }

    /// Tells a client that its file was refused; `false`: nobody asked.
    pub fn refused(&self, queue: &QueueName, name: &str, drawn: &str) -> bool {
        self.tell(queue, name, Err(drawn.to_owned()))
    }

    /// Tells a client that its file was admitted.
    pub fn admitted(&self, queue: &QueueName, name: &str, post: &PostId) {
        self.tell(queue, name, Ok(post.clone()));
    }

    /// `false`: nobody asked, or who asked has gone and finds the post in the queue, or its note in `failed/`.
    fn tell(&self, queue: &QueueName, name: &str, told: Told) -> bool {
        let sender = self.lock().remove(&(queue.clone(), name.to_owned()));
        sender.is_some_and(|sender| sender.send(told).is_ok())
    }

    fn await_word(&self, queue: &QueueName, name: &str) -> oneshot::Receiver<Told> {
        let (tx, rx) = oneshot::channel();
        self.lock().insert((queue.clone(), name.to_owned()), tx);
        rx
    }

    fn forget(&self, queue: &QueueName, name: &str) {
        self.lock().remove(&(queue.clone(), name.to_owned()));
    }
}

impl Handle {
    pub(in crate::engine) async fn staging_dir(&self, queue: &QueueName) -> Answer<std::path::PathBuf> {
        self.open_dir(queue)?;
        let dir = self.shared().live().settings.daemon.spool.join(".staging");
        std::fs::create_dir_all(&dir).map_err(|e| io_problem(&e))?;
        Ok(dir)
    }

    fn open_dir(&self, queue: &QueueName) -> Answer<Arc<Queue>> {
        self.shared().queue(queue).ok_or_else(|| {
            let live = self.shared().live();
            let names: Vec<&str> = live.house.queues.keys().map(QueueName::as_str).collect();
            Problem::new(ProblemKind::NotFound, format!("there is no queue {queue}"))
                .help(format!("there are: {}", names.join(", ")))
        })
    }

    pub(in crate::engine) async fn submit_post(
        &self,
        who: &Caller,
        submission: Submission,
    ) -> Answer<Submitted> {
        let queue = submission.queue.clone();
        let dir = self.open_dir(&queue)?;
        let name = self.name_of(&submission);
        if dir.path().join(&name).exists() {
            return Err(
                Problem::new(ProblemKind::Conflict, format!("{name} lies in the queue already"))
                    .help("choose another name"),
            );
        }
        let told = self.shared().submissions.await_word(&queue, &name);
        let (writing, wanted) = (dir.clone(), name.clone());
        let written = tokio::task::spawn_blocking(move || write(&writing, &wanted, submission)).await;
        let written = written
            .map_err(|e| Problem::new(ProblemKind::Internal, e.to_string()))
            .and_then(|w| w.map_err(|e| io_problem(&e)));
        match written {
            Ok(given) if given == name => {}
            Ok(given) => {
                // Somebody was quicker with this name; the number it got is looked at like any dropped file.
                self.shared().submissions.forget(&queue, &name);
                return Err(Problem::new(
                    ProblemKind::Conflict,
                    format!("{name} was taken meanwhile; the post was written as {given}"),
                ));
            }
            Err(problem) => {
                self.shared().submissions.forget(&queue, &name);
                return Err(problem);
            }
        }
        self.send(Event::Hint(queue.clone())).await;
        self.answer_for(who, &queue, &name, told).await
    }

    async fn answer_for(
        &self,
        who: &Caller,
        queue: &QueueName,
        name: &str,
        told: oneshot::Receiver<Told>,
    ) -> Answer<Submitted> {
        use crate::engine::api::Desk as _;
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(Ok(id))) => {
                self.change(
                    who,
                    "post.submit",
                    id.as_str(),
                    Vec::new(),
                    detail(&[("queue", queue.as_str()), ("file", name)]),
                )
                .await?;
                let post = self.post(id.as_str()).await?;
                let warnings = post.warnings.clone();
                Ok(Submitted { post, warnings })
            }
            Ok(Ok(Err(drawn))) => {
                Err(Problem::new(ProblemKind::PostInvalid, "the post cannot be taken").diagnostics(drawn))
            }
            Ok(Err(_)) | Err(_) => Err(Problem::new(
                ProblemKind::Timeout,
                format!("{name} is in the queue and is not admitted yet: its media may be being made to fit"),
            )
            .help("`crierctl queue` shows how it stands; if it is refused, `failed/` says why")),
        }
    }

    fn name_of(&self, submission: &Submission) -> String {
        let ending = if submission.media.is_empty() {
            submission.format.extension()
        } else {
            "post"
        };
        match &submission.name {
            Some(name) if name.ends_with(&format!(".{ending}")) => name.clone(),
            Some(name) => format!(
                "{}.{ending}",
                name.trim_end_matches(&format!(".{}", submission.format.extension()))
            ),
            None => {
                let now = u64::try_from(self.shared().clock.now().0).unwrap_or(0);
                format!(
                    "post-{}.{ending}",
                    self.shared().ids.new_ulid(now).to_ascii_lowercase()
                )
            }
        }
    }
}

fn write(dir: &Queue, name: &str, submission: Submission) -> std::io::Result<String> {
    if submission.media.is_empty() {
        return dir.write_new(name, &submission.body);
    }
    let mut stage = dir.stage(name)?;
    for media in &submission.media {
        stage.add(&media.name, &mut File::open(&media.file)?, MEDIA_MAX)?;
    }
    stage.add(
        inner_name(submission.format),
        &mut submission.body.as_slice(),
        MEDIA_MAX,
    )?;
    stage.commit()
}

fn inner_name(format: Format) -> &'static str {
    match format {
        Format::Toml => "post.toml",
        Format::Md => "post.md",
        Format::Txt => "post.txt",
    }
}

fn io_problem(error: &std::io::Error) -> Problem {
    Problem::new(
        ProblemKind::Storage,
        format!("the post could not be written: {error}"),
    )
}
