//! What both servers of one emulator share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::access::Mint;
use super::clients::{Certificates, Clients};
use super::fault::{self, Sighting, Strike};
use super::front::Received;
use super::limits::{Limits, Throttle};
use super::log::{Log, Ticket};
use super::mail::Post;
use super::{DeltaHabits, Fault, LoggedRequest, Options, Side, TenantData};

pub(super) struct State {
    pub(super) graph_root: String,
    pub(super) authority_root: String,
    pub(super) tenant_id: String,
    pub(super) clients: Clients,
    pub(super) options: Options,
    pub(super) audiences: Vec<String>,
    pub(super) mint: Mint,
    /// Makes page tokens of one emulator worthless to another.
    pub(super) salt: Vec<u8>,
    pub(super) log: Log,
    pub(super) post: Post,
    pub(super) stop: CancellationToken,
    tenant: RwLock<TenantData>,
    faults: Mutex<Vec<Fault>>,
    throttle: Mutex<Option<Arc<Throttle>>>,
    delta_habits: Mutex<DeltaHabits>,
    delta_tokens: AtomicU64,
    delta_tokens_lost: AtomicU64,
    counter: AtomicU64,
}

impl State {
    pub(super) fn new(
        mut options: Options,
        graph_root: String,
        authority_root: String,
        certificates: Certificates,
        stop: CancellationToken,
    ) -> Self {
        let mut tenant = std::mem::replace(&mut options.tenant, TenantData::empty(options.now));
        tenant.take_into_service(options.now);
        let faults = tenant.faults.iter().cloned().map(|fault| fault.taking(|| tenant.snapshot())).collect();
        let mut audiences = options.audiences.clone();
        audiences.push(graph_root.clone());
        let salt = [certificates.auditor.pem.as_bytes(), graph_root.as_bytes()].concat();
        Self {
            graph_root,
            authority_root,
            tenant_id: tenant.tenant_id().to_owned(),
            clients: Clients::new(&options, &tenant, certificates),
            audiences,
            mint: Mint::new(&salt),
            salt,
            log: Log::default(),
            post: Post::default(),
            stop,
            faults: Mutex::new(faults),
            tenant: RwLock::new(tenant),
            throttle: Mutex::new(None),
            delta_habits: Mutex::new(options.delta.clone()),
            delta_tokens: AtomicU64::new(0),
            delta_tokens_lost: AtomicU64::new(0),
            counter: AtomicU64::new(0),
            options,
        }
    }

    pub(super) fn clock(&self) -> DateTime<Utc> {
        (self.options.clock)()
    }

    pub(super) fn tenant(&self) -> RwLockReadGuard<'_, TenantData> {
        self.tenant.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tenant_mut(&self) -> RwLockWriteGuard<'_, TenantData> {
        self.tenant.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_fault(&self, fault: Fault) {
        let fault = fault.taking(|| self.tenant().snapshot());
        self.faults().push(fault);
    }

    pub(super) fn clear_faults(&self) {
        self.faults().clear();
    }

    pub(super) fn strike(&self, seen: &Sighting<'_>) -> Option<Strike> {
        fault::strike(&mut self.faults(), seen)
    }

    /// The tenant as it is before a write, where a fault waits for this one.
    pub(super) fn before_write(&self, seen: &Sighting<'_>) -> Option<Arc<TenantData>> {
        fault::awaits(&self.faults(), seen).then(|| Arc::new(self.tenant().snapshot()))
    }

    /// A write was carried out: what waited for it may answer from before it.
    pub(super) fn written(&self, seen: &Sighting<'_>, before: &Arc<TenantData>) {
        fault::written(&mut self.faults(), seen, before);
    }

    /// Changes the tenant between two requests.
    pub(super) fn edit<T>(&self, change: impl FnOnce(&mut TenantData) -> T) -> T {
        let mut tenant = self.tenant_mut();
        let result = change(&mut tenant);
        tenant.take_into_service(self.options.now); // it may be another tenant now
        result
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn throttle(&self) -> Option<Arc<Throttle>> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Enforces these limits from now on, with nothing used so far.
    pub(super) fn limit(&self, limits: Option<Limits>) {
        let throttle = limits.map(|limits| Arc::new(Throttle::new(limits)));
        *self.throttle.lock().unwrap_or_else(PoisonError::into_inner) = throttle;
    }

    pub(super) fn delta_habits(&self) -> DeltaHabits {
        self.delta_habits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_delta_habits(&self, habits: DeltaHabits) {
        *self.delta_habits.lock().unwrap_or_else(PoisonError::into_inner) = habits;
    }

    /// The number of a new delta token, from 1.
    pub(super) fn next_delta_token(&self) -> u64 {
        self.delta_tokens.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// From now on no delta token made so far is good.
    pub(super) fn lose_delta_tokens(&self) {
        self.delta_tokens_lost.store(self.delta_tokens.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    pub(super) fn delta_token_is_lost(&self, number: u64) -> bool {
        number <= self.delta_tokens_lost.load(Ordering::SeqCst)
    }

    /// Ids that nobody else has, the same in every run with the same requests.
    pub(super) fn fresh_id(&self, what: &str) -> String {
        let number = self.counter.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}/{what}/{number}", self.tenant_id);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
    }

    /// Notes a request's arrival, and the client it came from.
    pub(super) fn arrived(
        &self,
        side: Side,
        received: &Received,
        client: Option<&str>,
        member: Option<&str>,
    ) -> Ticket {
        let body = match side {
            Side::Graph => String::from_utf8_lossy(&received.body).into_owned(),
            Side::Authority => String::new(),
        };
        let headers: BTreeMap<String, String> = received.headers_of_interest();
        self.log.arrived(LoggedRequest {
            side,
            method: received.method.clone(),
            path: received.path.clone(),
            query: received.query_text(),
            client: client.map(str::to_owned),
            status: None,
            served: None,
            headers,
            body,
            batch_member: member.map(str::to_owned),
            units: None,
            throttled: false,
            sign_in: None,
        })
    }
}
