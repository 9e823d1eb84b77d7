//! Photos, alone or unpublished for a post, and photo stories (facebook.md 4.2, 4.5).

use bytes::Bytes;
use serde_json::json;

use super::{Facebook, Node, Photo, State, photo_id};
use crate::sandbox::model::WallKind;
use crate::sandbox::models::meta::Call;
use crate::sandbox::models::meta::media::{Media, picture};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::multipart;

impl Facebook {
    /// `POST /{page}/photos`: with `published=false` it is invisible, else it is a post at once.
    pub(super) fn upload_photo(&mut self, page: &str, call: &mut Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let media = self.photo_file(call)?;
        let caption = call.params.get("caption").or(call.params.get("message"));
        let caption = caption.unwrap_or("").to_owned();
        self.check_words(&caption)?;
        let state = self.state_of(call, call.params.get("unpublished_content_type"))?;
        let shown = state != State::Draft;
        if shown {
            self.may_publish(page, state, call.now)?;
        }
        self.photos.push(Photo {
            page,
            media,
            caption: caption.clone(),
            made_ms: call.now,
            post: None,
            story: false,
            deleted: false,
        });
        let index = self.photos.len() - 1;
        if !shown {
            return Ok(json!({"id": photo_id(index)}));
        }
        let post = self.put_post(page, WallKind::Post, state, call.now);
        let id = self.posts[post].id.clone();
        self.photos[index].post = Some(id.clone());
        (self.posts[post].message, self.posts[post].photos) = (caption, vec![index]);
        Ok(json!({"id": photo_id(index), "post_id": id}))
    }

    fn photo_file(&self, call: &mut Call<'_>) -> Answer<Media> {
        let alt = call.params.get("alt_text_custom").map(str::to_owned);
        let bytes = file_or_url(call, "source", "url")?;
        if bytes.len() > self.settings.photo_max_bytes {
            return Err(Refusal::code(1, "Please reduce the amount of data you're asking for")
                .sub(1_366_046)
                .user(
                    "Can't Read Files",
                    "Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP files.",
                ));
        }
        let media = picture(bytes, alt).filter(|media| media.mime != "image/webp");
        media.ok_or_else(|| Refusal::code(324, "(#324) Missing or invalid image file").sub(2_069_019))
    }

    /// `POST /{page}/photo_stories`.
    pub(super) fn photo_story(&mut self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let id = call.need("photo_id")?;
        let Some(Node::Photo(index)) = self.node_of(id) else {
            return Err(Refusal::missing(id));
        };
        let photo = &self.photos[index];
        if photo.page != page || photo.deleted {
            return Err(Refusal::missing(id));
        }
        if photo.story {
            self.violations.photo_story_twice += 1;
        }
        self.may_publish(page, State::Published, call.now)?;
        let post = self.put_post(page, WallKind::Story, State::Published, call.now);
        self.posts[post].photos = vec![index];
        self.photos[index].story = true;
        Ok(json!({"success": true, "post_id": self.posts[post].id}))
    }
}

/// The file of a multipart body, or the one at an address.
pub(super) fn file_or_url(call: &mut Call<'_>, file: &str, address: &str) -> Answer<Bytes> {
    if let Some(bytes) = multipart::file(call.req, file) {
        return Ok(bytes);
    }
    let unread = || Refusal::code(324, "(#324) Missing or invalid image file").sub(2_069_019);
    let url = call.params.get(address).ok_or_else(unread)?.to_owned();
    call.fetch(&url).map(|found| found.bytes).map_err(|_| unread())
}
