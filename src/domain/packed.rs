//! Objects as bytes: a tenant may have a million of them, and most of what a value takes in memory is
//! not its content. CBOR (RFC 8949) without member names, written by position.

use chrono::{DateTime, Utc};
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use minicbor::encode::Encoder;
use uuid::Uuid;

use super::{
    AppId, ApplicationFacts, Assigned, FederatedCredential, InstanceLock, KeyCredential, KeyId, KeyType,
    ObjectId, Owner, OwnerKind, Owners, PasswordCredential, PolicyId, ServicePrincipalFacts, TenantId, Text,
};

/// Where bytes are written to.
pub(super) type Out<'a> = Encoder<&'a mut Vec<u8>>;

/// What can be written as bytes and read again.
pub(super) trait Pack: Sized {
    /// Writes it. Memory takes everything, so nothing can fail.
    fn pack(&self, out: &mut Out<'_>);

    /// Reads it again.
    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error>;
}

/// Memory takes everything that is written.
fn written<T, E>(_: Result<T, E>) {}

/// Members in the order in which they are written.
macro_rules! members {
    ($name:ident { $($member:ident),+ $(,)? }) => {
        impl Pack for $name {
            fn pack(&self, out: &mut Out<'_>) {
                let Self { $($member),+ } = self;
                $($member.pack(out);)+
            }

            fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
                $(let $member = Pack::unpack(from)?;)+
                Ok(Self { $($member),+ })
            }
        }
    };
}

/// Ids, as their sixteen bytes.
macro_rules! ids {
    ($($name:ident),+) => {$(
        impl Pack for $name {
            fn pack(&self, out: &mut Out<'_>) {
                written(out.bytes(self.0.as_bytes()));
            }

            fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
                Uuid::from_slice(from.bytes()?).map(Self).map_err(|_| Error::message("no id"))
            }
        }
    )+};
}

ids!(AppId, KeyId, ObjectId, PolicyId, TenantId);
members!(PasswordCredential { key_id, name, start, end, custom_key_identifier, unreadable });
members!(KeyCredential { key_id, name, start, end, custom_key_identifier, key_type, usage, unreadable });
members!(FederatedCredential { id, name, issuer, subject });
members!(InstanceLock {
    is_enabled,
    all_properties,
    credentials_with_usage_verify,
    credentials_with_usage_sign,
});
members!(ServicePrincipalFacts {
    service_principal_type,
    app_owner_organization,
    owner_unreadable,
    account_enabled,
});

/// An empty list, which no audience begins with, says that it is a blueprint: earlier bodies did not know of
/// those, and are read as they were written.
impl Pack for ApplicationFacts {
    fn pack(&self, out: &mut Out<'_>) {
        let Self { sign_in_audience, is_disabled, disabled_by_microsoft, lock, federated, blueprint } = self;
        if *blueprint {
            written(out.array(0));
        }
        sign_in_audience.pack(out);
        is_disabled.pack(out);
        disabled_by_microsoft.pack(out);
        lock.pack(out);
        federated.pack(out);
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let blueprint = from.datatype()? == Type::Array && from.probe().array()? == Some(0);
        if blueprint {
            from.array()?;
        }
        Ok(Self {
            sign_in_audience: Pack::unpack(from)?,
            is_disabled: Pack::unpack(from)?,
            disabled_by_microsoft: Pack::unpack(from)?,
            lock: Pack::unpack(from)?,
            federated: Pack::unpack(from)?,
            blueprint,
        })
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Out<'_>) {
        written(out.bool(*self));
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        from.bool()
    }
}

impl Pack for Box<str> {
    fn pack(&self, out: &mut Out<'_>) {
        written(out.str(self));
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        from.str().map(Into::into)
    }
}

/// What held a secret stands in a list of its own.
impl Pack for Text {
    fn pack(&self, out: &mut Out<'_>) {
        if self.held_secret() {
            written(out.array(1));
        }
        written(out.str(self.as_str()));
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let held_secret = from.datatype()? == Type::Array;
        if held_secret {
            from.array()?;
        }
        Ok(Self::as_masked(from.str()?, held_secret))
    }
}

/// Seconds since 1970; with a fraction, a list of those and the nanoseconds.
impl Pack for DateTime<Utc> {
    fn pack(&self, out: &mut Out<'_>) {
        match self.timestamp_subsec_nanos() {
            0 => written(out.i64(self.timestamp())),
            nanos => {
                let fraction = out.array(2).and_then(|out| out.i64(self.timestamp()));
                written(fraction.and_then(|out| out.u32(nanos)));
            }
        }
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let (seconds, nanos) = if from.datatype()? == Type::Array {
            from.array()?;
            (from.i64()?, from.u32()?)
        } else {
            (from.i64()?, 0)
        };
        Self::from_timestamp(seconds, nanos).ok_or_else(|| Error::message("no time"))
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Out<'_>) {
        match self {
            Some(value) => value.pack(out),
            None => out.null().map_or((), drop),
        }
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        if from.datatype()? == Type::Null {
            from.null()?;
            return Ok(None);
        }
        T::unpack(from).map(Some)
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, out: &mut Out<'_>) {
        written(out.array(self.len() as u64));
        self.iter().for_each(|value| value.pack(out));
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let count = from.array()?.ok_or_else(|| Error::message("a list without an end"))?;
        (0..count).map(|_| T::unpack(from)).collect()
    }
}

/// A number for what carries nothing else.
impl Pack for KeyType {
    fn pack(&self, out: &mut Out<'_>) {
        match self {
            Self::Certificate => written(out.u8(0)),
            Self::Symmetric => written(out.u8(1)),
            Self::Other(word) => word.pack(out),
        }
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        match from.datatype()? {
            Type::U8 if from.u8()? == 0 => Ok(Self::Certificate),
            Type::U8 => Ok(Self::Symmetric),
            _ => Pack::unpack(from).map(Self::Other),
        }
    }
}

impl Pack for Assigned {
    fn pack(&self, out: &mut Out<'_>) {
        match self {
            Self::Nothing => written(out.u8(0)),
            Self::Unread => written(out.u8(1)),
            Self::Policy(policy) => policy.pack(out),
            Self::Several(policies) => policies.pack(out),
        }
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        match from.datatype()? {
            Type::U8 if from.u8()? == 0 => Ok(Self::Nothing),
            Type::U8 => Ok(Self::Unread),
            Type::Array => Pack::unpack(from).map(Self::Several),
            _ => Pack::unpack(from).map(Self::Policy),
        }
    }
}

/// The name alone where nothing else is known; otherwise a list of kind, name and address. Names were all that
/// earlier bodies held, so that those are read as they were written.
impl Pack for Owner {
    fn pack(&self, out: &mut Out<'_>) {
        let Self { name, address, kind } = self;
        if *self != Self::by_name(name.clone()) {
            written(out.array(3));
            kind.pack(out);
            name.pack(out);
            return address.pack(out);
        }
        name.pack(out);
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        // A name that held a secret is a list too, of one.
        if from.datatype()? == Type::Array && from.probe().array()? != Some(1) {
            if from.array()? != Some(3) {
                return Err(Error::message("no owner"));
            }
            return Ok(Self {
                kind: Pack::unpack(from)?,
                name: Pack::unpack(from)?,
                address: Pack::unpack(from)?,
            });
        }
        Pack::unpack(from).map(Self::by_name)
    }
}

impl Pack for OwnerKind {
    fn pack(&self, out: &mut Out<'_>) {
        written(out.u8(match self {
            Self::User => 0,
            Self::ServicePrincipal => 1,
            Self::Group => 2,
            Self::Other => 3,
        }));
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        match from.u8()? {
            0 => Ok(Self::User),
            1 => Ok(Self::ServicePrincipal),
            2 => Ok(Self::Group),
            3 => Ok(Self::Other),
            _ => Err(Error::message("no kind of owner")),
        }
    }
}

impl Pack for Owners {
    fn pack(&self, out: &mut Out<'_>) {
        match self {
            Self::Unread => written(out.u8(0)),
            Self::Nobody => written(out.u8(1)),
            Self::Somebody => written(out.u8(2)),
            Self::Named(owners) => owners.pack(out),
        }
    }

    fn unpack(from: &mut Decoder<'_>) -> Result<Self, Error> {
        if from.datatype()? == Type::Array {
            return Pack::unpack(from).map(Self::Named);
        }
        match from.u8()? {
            0 => Ok(Self::Unread),
            1 => Ok(Self::Nobody),
            2 => Ok(Self::Somebody),
            _ => Err(Error::message("no word about owners")),
        }
    }
}
