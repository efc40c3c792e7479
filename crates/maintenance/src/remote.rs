//! A running server, asked over HTTP.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

use anabranch_embedded::{Verification, restore_archive};
use anabranch_json::Json;
use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::StatusCode;
use ureq::http::header::{ACCEPT, AUTHORIZATION};
use ureq::{Agent, Body, http};

use crate::Error;
use crate::source::WantedKeys;

/// The media type in which keys keep their types.
const VALUE: &str = "application/vnd.anabranch.value";
/// What a segment of a path keeps as it is: a key may be percent-encoded already.
const IN_KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'%').remove(b',');
const IN_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How many keys are asked for at once.
const PAGE_KEYS: u64 = 10_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer answers, other than streams, are none.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// A server.
pub struct Server {
    url: String,
    token: Option<String>,
    agent: Agent,
}

impl Server {
    /// The server at `url`.
    pub(crate) fn at(url: &str, token: Option<String>) -> Result<Self, Error> {
        if url.starts_with("https://") || url.starts_with("anabranchs://") {
            let message = format!(
                "{url} needs TLS, which is for clients; name the server itself, not the proxy \
                 before it, on its own machine or through a tunnel: its URL looks like \
                 http://host:8080"
            );
            return Err(Error::Mistake(message));
        }
        if !url.starts_with("http://") {
            let message = format!("{url} is no URL of a server; it looks like http://host:8080");
            return Err(Error::Mistake(message));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .max_redirects(0)
            .proxy(None)
            .build();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, token, agent: config.new_agent() })
    }

    pub(crate) fn summary(&self) -> Result<Json, Error> {
        self.json("/v1")
    }

    pub(crate) fn get(&self, class: &str, key: &str) -> Result<Json, Error> {
        let class = utf8_percent_encode(class, IN_NAME);
        self.json(&format!("/v1/{class}/{}", utf8_percent_encode(key, IN_KEY)))
    }

    pub(crate) fn keys(
        &self,
        wanted: &WantedKeys,
        each: &mut dyn FnMut(&Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let class = utf8_percent_encode(&wanted.class, IN_NAME);
        let prefix = utf8_percent_encode(&wanted.prefix, IN_NAME);
        let mut left = wanted.limit.unwrap_or(u64::MAX);
        let mut after = String::new();
        while left > 0 {
            let limit = left.min(PAGE_KEYS);
            let path = format!("/v1/{class}?prefix={prefix}&limit={limit}{after}");
            let mut body = Vec::new();
            let answer = self.ask(&path, VALUE)?.into_reader();
            answer.take(ANSWER_BYTES_MAX).read_to_end(&mut body).map_err(|e| self.broken(&e))?;
            let page = wire::decode(&body).ok().and_then(page_of);
            let (keys, next) = page.ok_or_else(|| self.other("a page of keys is not readable"))?;
            for key in &keys {
                each(key)?;
                left = left.saturating_sub(1);
            }
            match next {
                Some(next) => after = format!("&after={}", utf8_percent_encode(&next, IN_NAME)),
                None => break,
            }
        }
        Ok(())
    }

    pub(crate) fn backup(&self, into: &Path) -> Result<Verification, Error> {
        let mut archive = BufReader::new(self.ask("/backup", "*/*")?.into_reader());
        Ok(restore_archive(&mut archive, into)?)
    }

    pub(crate) fn export(
        &self,
        target: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, Error> {
        let mut lines = BufReader::new(self.ask("/export", "*/*")?.into_reader());
        let mut count = 0;
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(|error| self.broken(&error))? > 0 {
            target.write_all(&line).map_err(Error::File)?;
            line.clear();
            count += 1;
            progress(count);
        }
        target.flush().map_err(Error::File)?;
        Ok(count)
    }

    fn json(&self, path: &str) -> Result<Json, Error> {
        let mut body = Vec::new();
        let answer = self.ask(path, "application/json")?.into_reader();
        answer.take(ANSWER_BYTES_MAX).read_to_end(&mut body).map_err(|e| self.broken(&e))?;
        serde_json::from_slice(&body).map_err(|_| self.other("its answer is not JSON"))
    }

    /// The body of the answer to a GET.
    fn ask(&self, path: &str, accept: &str) -> Result<Answer, Error> {
        let mut request = self.agent.get(format!("{}{path}", self.url)).header(ACCEPT, accept);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.call().map_err(|error| {
            Error::Server(format!("no server can be reached at {}: {error}", self.url))
        })?;
        if response.status() == StatusCode::OK {
            return Ok(Answer(response));
        }
        Err(self.refused(response))
    }

    fn refused(&self, response: http::Response<Body>) -> Error {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            let message = match self.token {
                Some(_) => "the server does not take this token; check the file of --token-file",
                None => "the server wants a token; give the file that has it with --token-file",
            };
            return Error::Server(message.to_owned());
        }
        let mut text = String::new();
        // What cannot be read has no detail.
        let _ = Answer(response).into_reader().take(1 << 20).read_to_string(&mut text);
        let problem = serde_json::from_str::<Json>(&text).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        match detail {
            Some(detail) => Error::Server(detail.to_owned()),
            None => self.other(&format!("it answers with status {status}")),
        }
    }

    fn broken(&self, error: &io::Error) -> Error {
        Error::Server(format!("the answer of the server at {} breaks off: {error}", self.url))
    }

    fn other(&self, problem: &str) -> Error {
        Error::Server(format!("{} is no server of this version of Anabranch: {problem}", self.url))
    }
}

struct Answer(http::Response<Body>);

impl Answer {
    /// Its body, however long.
    fn into_reader(self) -> impl Read {
        self.0.into_body().into_with_config().limit(u64::MAX).reader()
    }
}

/// Keys, and where the next page begins.
fn page_of(document: Value) -> Option<(Vec<Value>, Option<String>)> {
    let Value::Dict(members) = document else { return None };
    let mut keys = None;
    let mut next = None;
    for (name, value) in members {
        match (name, value) {
            (Value::Str(name), Value::List(list)) if name == "keys" => keys = Some(list),
            (Value::Str(name), Value::Str(key)) if name == "next" => next = Some(key),
            _ => {}
        }
    }
    Some((keys?, next))
}
