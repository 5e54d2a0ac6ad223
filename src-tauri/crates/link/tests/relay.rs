//! The carrier through a relay, with iroh's own relay on loopback: frames there and back, limits, a relay that goes and comes.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "iroh")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use practice_relay::Relay;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use twinline_link::address::AddressError;
use twinline_link::carriers::iroh::client::RelayCaller;
use twinline_link::carriers::iroh::server::serve;
use twinline_link::carriers::iroh::{EndpointKey, probe};
use twinline_link::carriers::{Answerer, CallError, Caller};
use twinline_link::exchange::MAX_FRAME_BYTES;
use twinline_link::invitation::{Invitation, InvitationId, Issuer};
use twinline_link::keys::{Psk, StaticKey};
use twinline_link::seal::{Channel, answer_exchange, answer_pairing, start_exchange, start_pairing};
use twinline_link::way::Way;
use twinline_model::ConnectionId;
use twinline_model::connection::{Approval, Mode};

const KNOWN: InvitationId = InvitationId([0x11; 16]);
/// Machines differ; nothing here waits for time to pass.
const LONG: Duration = Duration::from_secs(90);

fn known() -> ConnectionId {
    ConnectionId::new("22".repeat(16))
}

/// Answers with the frame, backwards.
#[derive(Default)]
struct Mirror {
    calls: AtomicUsize,
}

#[async_trait]
impl Answerer for Mirror {
    async fn pair(&self, id: InvitationId, frame: Bytes) -> Option<Vec<u8>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        (id == KNOWN).then(|| frame.iter().rev().copied().collect())
    }
    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if frame.as_ref() == b"wait for ever" {
            std::future::pending::<()>().await;
        }
        (id == known()).then(|| frame.iter().rev().copied().collect())
    }
}

/// Somebody who answers at a relay.
struct Host {
    key: EndpointKey,
    connected: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), AddressError>>,
}

impl Host {
    async fn start(relay: &str, key: &EndpointKey, answerer: Arc<dyn Answerer>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, connected) = watch::channel(false);
        let (relay, key) = (relay.to_owned(), key.clone());
        let with = key.clone();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _dropped = stopped.await;
            };
            let told = |now| {
                let _before = tell.send_replace(now);
            };
            serve(&relay, &with, answerer, stopped, told).await
        });
        let mut host = Self { key, connected, stop, task };
        host.becomes(true).await;
        host
    }

    async fn becomes(&mut self, connected: bool) {
        let seen = timeout(LONG, self.connected.wait_for(|now| *now == connected)).await;
        seen.unwrap_or_else(|_| panic!("connected: {connected}")).unwrap();
    }

    fn caller(&self, relay: &str) -> RelayCaller {
        RelayCaller::new(&self.key.id(), relay).unwrap()
    }
}

async fn mirror() -> (Relay, Host, Arc<Mirror>) {
    let relay = Relay::start(0).await.unwrap();
    let mirror = Arc::new(Mirror::default());
    let host = Host::start(&relay.url(), &EndpointKey::generate().unwrap(), mirror.clone()).await;
    (relay, host, mirror)
}

/// Asks again and again, as the node does, until there is an answer.
async fn in_the_end(caller: &RelayCaller) -> Vec<u8> {
    let asking = async {
        loop {
            match caller.exchange(&known(), b"ab".to_vec(), 0).await {
                Ok(answer) => return answer,
                Err(CallError::Unreachable(_) | CallError::RelayUnreachable(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    timeout(LONG, asking).await.expect("an answer in the end")
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_go_there_and_back() {
    let (relay, host, _mirror) = mirror().await;
    assert_eq!(probe(&relay.url()).await, Ok(()));
    let caller = host.caller(&relay.url());
    assert_eq!(caller.pair(&KNOWN, b"abc".to_vec()).await, Ok(b"cba".to_vec()));
    assert_eq!(caller.exchange(&known(), vec![], 0).await, Ok(vec![]));
    let large: Vec<u8> = (0..5 << 20).map(|i: u32| (i % 251) as u8).collect();
    let mut answer = caller.exchange(&known(), large.clone(), 1000).await.unwrap();
    answer.reverse();
    assert!(answer == large);
    host.stop.send(()).unwrap();
    timeout(LONG, host.task).await.unwrap().unwrap().unwrap();
    let gone = caller.with_patience(Duration::from_secs(2)).exchange(&known(), vec![1], 0).await;
    assert!(matches!(gone, Err(CallError::Unreachable(_))), "the relay is there, they are not: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_a_long_poll() {
    let (relay, host, mirror) = mirror().await;
    let caller = host.caller(&relay.url());
    let waiting =
        tokio::spawn(async move { caller.exchange(&known(), b"wait for ever".to_vec(), 25_000).await });
    while mirror.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    host.stop.send(()).unwrap();
    timeout(LONG, host.task).await.expect("it stops soon").unwrap().unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(CallError::Unreachable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_or_too_large_is_refused() {
    let (relay, host, mirror) = mirror().await;
    let caller = host.caller(&relay.url());
    assert_eq!(caller.pair(&InvitationId([9; 16]), vec![1]).await, Err(CallError::Unknown404));
    let other = ConnectionId::new("33".repeat(16));
    assert_eq!(caller.exchange(&other, vec![1], 0).await, Err(CallError::Unknown404));
    assert_eq!(caller.exchange(&ConnectionId::new("x"), vec![1], 0).await, Err(CallError::Unknown404));
    let before = mirror.calls.load(Ordering::SeqCst);
    let too_much = caller.exchange(&known(), vec![0; MAX_FRAME_BYTES + 1], 0).await;
    assert_eq!(too_much, Err(CallError::TooLarge));
    assert_eq!(caller.pair(&KNOWN, vec![0; 1 << 20]).await, Err(CallError::TooLarge));
    assert_eq!(mirror.calls.load(Ordering::SeqCst), before, "nobody has seen them");
    assert_eq!(caller.exchange(&known(), b"ab".to_vec(), 0).await, Ok(b"ba".to_vec()), "it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn f111_wrong_pairings_are_limited_and_exchanges_go_on() {
    let (relay, host, mirror) = mirror().await;
    let mut limited = 0;
    // Another key for each: that must not help.
    for _ in 0..3 {
        let caller = host.caller(&relay.url());
        for _ in 0..20 {
            match caller.pair(&InvitationId([9; 16]), vec![1]).await {
                Err(CallError::Unreachable(text)) if text == "busy" => limited += 1,
                Err(CallError::Unknown404) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(limited >= 20, "{limited}");
    assert_eq!(mirror.calls.load(Ordering::SeqCst), 60 - limited);
    assert_eq!(host.caller(&relay.url()).exchange(&known(), b"ab".to_vec(), 0).await, Ok(b"ba".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_the_relay_goes_and_comes_back() {
    let (relay, mut host, _mirror) = mirror().await;
    let (port, url) = (relay.port, relay.url());
    let caller = host.caller(&url);
    assert_eq!(in_the_end(&caller).await, b"ba");
    relay.stop().await;
    host.becomes(false).await;
    let probed = probe(&url).await;
    assert!(matches!(probed, Err(CallError::RelayUnreachable(_))), "{probed:?}");
    // The open connection is noticed as silent first; from then on it is told that the relay is away.
    let told = async {
        loop {
            match caller.exchange(&known(), b"ab".to_vec(), 0).await {
                Err(CallError::RelayUnreachable(_)) => return,
                Err(CallError::Unreachable(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(LONG, told).await.expect("it is told which of the two is away");
    let relay = Relay::start(port).await.unwrap();
    host.becomes(true).await;
    assert_eq!(in_the_end(&caller).await, b"ba");
    // The public side comes back as another process under the same key.
    let key = host.key.clone();
    host.stop.send(()).unwrap();
    timeout(LONG, host.task).await.unwrap().unwrap().unwrap();
    let _again = Host::start(&relay.url(), &key, Arc::new(Mirror::default())).await;
    assert_eq!(in_the_end(&caller).await, b"ba");
}

/// As the node answers, without its database.
struct Sealed {
    invitation: Invitation,
    ours: StaticKey,
    channel: Channel,
}

#[async_trait]
impl Answerer for Sealed {
    async fn pair(&self, id: InvitationId, frame: Bytes) -> Option<Vec<u8>> {
        assert_eq!(id, self.invitation.id());
        let (body, _, answering) = answer_pairing(&self.ours, &self.invitation.secret, &frame).ok()?;
        answering.seal(&[b"paired: ", &*body].concat()).ok()
    }
    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>> {
        assert_eq!(id, self.channel.connection);
        let (body, answering) = answer_exchange(&self.channel, &frame).ok()?;
        answering.seal(&[b"heard: ", &*body].concat()).ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_pairs_and_exchanges_through_its_relay() {
    let relay = Relay::start(0).await.unwrap();
    let (key, public) = (EndpointKey::generate().unwrap(), StaticKey::generate().unwrap());
    let way = Way::Relay { endpoint: key.id(), relay: relay.url() };
    let made = Invitation::issue(
        &public,
        &Issuer::default(),
        vec![way.carrier()],
        4_000_000_000,
        Mode::Basic,
        Approval::Ask,
    )
    .unwrap();
    let invitation = Invitation::read(secrecy::ExposeSecret::expose_secret(&made.encode())).unwrap();
    let (private, psk) = (StaticKey::generate().unwrap(), Psk::generate().unwrap());
    let channel = |ours: &StaticKey, theirs| Channel {
        connection: invitation.connection_id(),
        ours: ours.clone(),
        theirs,
        psk: psk.clone(),
    };
    let answerer = Sealed {
        invitation: made.clone(),
        ours: public.clone(),
        channel: channel(&public, private.public()),
    };
    let _host = Host::start(&relay.url(), &key, Arc::new(answerer)).await;

    let way = Way::of(&invitation.carriers, true).unwrap().unwrap();
    let caller = Caller::new(&way).unwrap();
    assert!(caller.calls(&way));
    let (frame, waiting) = start_pairing(&invitation, &private, b"Globex").unwrap();
    let answer = caller.pair(&invitation.id(), frame).await.unwrap();
    assert_eq!(waiting.open(&answer).unwrap().body, b"paired: Globex");
    let channel = channel(&private, public.public());
    let (frame, waiting) = start_exchange(&channel, b"an issue").unwrap();
    let answer = caller.exchange(&channel.connection, frame, 0).await.unwrap();
    assert_eq!(waiting.open(&answer).unwrap().body, b"heard: an issue");
}
