//! Somebody in between who does what no cable does: loses questions or answers, breaks them off at a byte, sends them twice or
//! days late, in other pieces, with other headers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of one question and its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Nothing.
    Pass,
    /// The question never arrives.
    LoseQuestion,
    /// It arrives; the answer never does.
    LoseAnswer,
    /// So many bytes of the question arrive, counted on from its beginning again where it is shorter.
    CutQuestion(usize),
    /// It arrives; of the answer come so many bytes, counted in the same way.
    CutAnswer(usize),
    /// It arrives twice at once; the answer to the second one comes back.
    Twice,
    /// It arrives, and once more after the next two.
    AgainLater,
    /// Both travel in pieces of up to so many bytes, under headers that were written anew.
    Pieces(usize),
    /// The answer is held back for a moment.
    Slow,
}

/// What becomes of each question, by its number from 0.
pub type Tape = fn(usize) -> Deed;

/// A proxy that understands as much HTTP as two nodes speak.
#[derive(Clone)]
pub struct Hostile {
    /// Where it listens.
    pub port: u16,
    target: u16,
    state: Arc<State>,
}

struct State {
    tape: Mutex<(Tape, usize)>,
    done: AtomicUsize,
    later: Mutex<Vec<(usize, Vec<u8>)>>,
}

impl Hostile {
    /// Listens, and passes everything to `target` until it is given a tape.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = State {
            tape: Mutex::new((|_| Deed::Pass, 0)),
            done: AtomicUsize::new(0),
            later: Mutex::default(),
        };
        let hostile = Self { port, target, state: Arc::new(state) };
        let accepting = hostile.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let hostile = accepting.clone();
                // A connection that breaks off is its own affair: that is what this is for.
                tokio::spawn(async move { hostile.carry(caller).await.ok() });
            }
        });
        hostile
    }

    /// Plays this one from its beginning.
    pub fn play(&self, tape: Tape) {
        *self.state.tape.lock().expect("no task panics here") = (tape, 0);
        self.state.done.store(0, Ordering::SeqCst);
    }

    /// How many deeds were done since.
    pub fn deeds(&self) -> usize {
        self.state.done.load(Ordering::SeqCst)
    }

    fn next(&self) -> (usize, Deed) {
        let mut tape = self.state.tape.lock().expect("no task panics here");
        let number = tape.1;
        tape.1 += 1;
        (number, (tape.0)(number))
    }

    fn later(&self, question: (usize, Vec<u8>)) {
        self.state.later.lock().expect("no task panics here").push(question);
    }

    /// What is to come again by now.
    fn due(&self, number: usize) -> Vec<Vec<u8>> {
        let mut later = self.state.later.lock().expect("no task panics here");
        let all: Vec<(usize, Vec<u8>)> = later.drain(..).collect();
        let (due, rest) = all.into_iter().partition(|(when, _)| *when <= number);
        *later = rest;
        due.into_iter().map(|(_, question)| question).collect()
    }

    /// One question and its answer; the connection ends with it.
    async fn carry(&self, mut caller: TcpStream) -> std::io::Result<()> {
        let Some(question) = message(&mut caller).await? else { return Ok(()) };
        let (number, deed) = self.next();
        for old in self.due(number) {
            self.ask(&old).await?;
            self.state.done.fetch_add(1, Ordering::SeqCst);
        }
        let done = || self.state.done.fetch_add(1, Ordering::SeqCst);
        let at = |position: usize, whole: &[u8]| position % whole.len().max(1);
        let answer = match deed {
            Deed::Pass => self.ask(&question).await?,
            Deed::LoseQuestion => {
                done();
                return Ok(());
            }
            Deed::LoseAnswer => {
                self.ask(&question).await?;
                done();
                return Ok(());
            }
            Deed::CutQuestion(position) => {
                let part = &question[..at(position, &question)];
                let mut callee = TcpStream::connect(("127.0.0.1", self.target)).await?;
                callee.write_all(part).await?;
                callee.shutdown().await?;
                let mut rest = Vec::new();
                let _ = callee.read_to_end(&mut rest).await;
                done();
                return Ok(());
            }
            Deed::CutAnswer(position) => {
                let mut answer = self.ask(&question).await?;
                answer.truncate(at(position, &answer));
                done();
                answer
            }
            Deed::Twice => {
                self.ask(&question).await?;
                done();
                self.ask(&question).await?
            }
            Deed::AgainLater => {
                self.later((number + 3, question.clone()));
                self.ask(&question).await?
            }
            Deed::Pieces(most) => {
                let answer = self.ask(&rewritten(&question, most)).await?;
                done();
                rewritten(&answer, most)
            }
            Deed::Slow => {
                let answer = self.ask(&question).await?;
                tokio::time::sleep(Duration::from_millis(300)).await;
                done();
                answer
            }
        };
        caller.write_all(&answer).await?;
        caller.shutdown().await
    }

    async fn ask(&self, question: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut callee = TcpStream::connect(("127.0.0.1", self.target)).await?;
        callee.write_all(question).await?;
        Ok(message(&mut callee).await?.unwrap_or_default())
    }
}

/// A whole request or answer, as it came; both say how long they are.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0u8; 64 * 1024];
    loop {
        if let Some(length) = whole(&bytes)
            && bytes.len() >= length
        {
            return Ok(Some(bytes));
        }
        match from.read(&mut buffer).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Where the head ends, blank line included.
fn head_of(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// How long the message is; `None`: its head is not there yet.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = head_of(bytes)?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + length.map_or(0, |length| length.trim().parse().expect("a length")))
}

/// The same in chunks of other sizes, under headers that a proxy wrote: no length, other capitals, one more.
fn rewritten(bytes: &[u8], most: usize) -> Vec<u8> {
    let head = head_of(bytes).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.trim_end().split("\r\n");
    let mut out = format!("{}\r\n", lines.next().unwrap_or_default());
    for line in lines.filter(|line| !line.to_lowercase().starts_with("content-length:")) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        out.push_str(&format!("{}:   {}\r\n", name.to_uppercase(), value.trim()));
    }
    out.push_str("Via: 1.1 somebody\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut out = out.into_bytes();
    for (number, piece) in bytes[head..].chunks(most).enumerate() {
        // Pieces of two sizes, so that no border is where one of ours was.
        for part in piece.chunks(1 + (number * 7) % most) {
            out.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            out.extend_from_slice(part);
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

#[test]
fn what_is_written_anew_says_the_same() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ntwinline: 1\r\n\r\n0123456789";
    assert_eq!(whole(answer), Some(answer.len()));
    assert_eq!(whole(b"HTTP/1.1 200 OK\r\ncontent-le"), None);
    let text = String::from_utf8(rewritten(answer, 4)).expect("text");
    assert!(text.contains("TWINLINE:   1\r\n") && !text.to_lowercase().contains("content-length"), "{text}");
    let (_, body) = text.split_once("\r\n\r\n").expect("a head");
    let bytes: String = body.split("\r\n").skip(1).step_by(2).collect();
    assert_eq!(bytes, "0123456789", "{text}");
}
