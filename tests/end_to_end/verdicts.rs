//! What each scenario of the emulator comes to.
