//! A small ext4 file system on a loop device, with a power switch. Needs root and loop devices.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN`, that is `_IOR('X', 125, __u32)`.
const SHUTDOWN: libc::c_ulong = 0x8004_587d;
/// `EXT4_GOING_FLAGS_NOLOGFLUSH`: stop at once, without writing the journal.
const NO_LOG_FLUSH: u32 = 2;

pub(super) struct Device {
    dir: TempDir,
    loop_device: String,
    mounted: bool,
}

impl Device {
    /// Make and mount one of `bytes`; why not, if not.
    pub(super) fn make(bytes: u64) -> Result<Device, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("mounting a loop device needs root".into());
        }
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let image = dir.path().join("image");
        File::create(&image)
            .and_then(|file| file.set_len(bytes))
            .map_err(|e| e.to_string())?;
        std::fs::create_dir(dir.path().join("mnt")).map_err(|e| e.to_string())?;
        run("mkfs.ext4", &["-q", "-F", &image.display().to_string()])?;
        let loop_device = run("losetup", &["--find", "--show", &image.display().to_string()])?
            .trim()
            .to_owned();
        let mut device = Device {
            dir,
            loop_device,
            mounted: false,
        };
        device.mount()?;
        Ok(device)
    }

    pub(super) fn mount_point(&self) -> PathBuf {
        self.dir.path().join("mnt")
    }

    /// Cut the power.
    pub(super) fn cut(&self) -> io::Result<()> {
        let root = File::open(self.mount_point())?;
        let flag = NO_LOG_FLUSH;
        // SAFETY: the descriptor is open, and this request reads one u32 behind the pointer
        let answer = unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN, &raw const flag) };
        if answer == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Unmount and mount, which replays the journal as after a start.
    pub(super) fn mount_again(&mut self) -> Result<(), String> {
        self.unmount()?;
        self.mount()
    }

    fn mount(&mut self) -> Result<(), String> {
        run(
            "mount",
            &["-t", "ext4", &self.loop_device, &path(&self.mount_point())],
        )?;
        self.mounted = true;
        Ok(())
    }

    fn unmount(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Err(why) = run("umount", &[&path(&self.mount_point())]) {
            if Instant::now() > deadline {
                return Err(why);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.mounted = false;
        Ok(())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if self.mounted {
            let _ = self.unmount();
        }
        let _ = run("losetup", &["--detach", &self.loop_device]);
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn run(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
