//! Where the national clouds live (FACTS §13).

use super::Cloud;

impl Cloud {
    /// The root of Microsoft Graph, without version; also the resource that tokens are asked for.
    #[must_use]
    pub fn graph_root(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsGovDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The login authority, without tenant.
    #[must_use]
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsGovDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The admin centre, for links that a person follows.
    #[must_use]
    pub fn portal(self) -> &'static str {
        match self {
            Self::Public => "https://entra.microsoft.com",
            Self::UsGov | Self::UsGovDod => "https://entra.microsoft.us",
            Self::China => "https://entra.microsoftonline.cn",
        }
    }
}
