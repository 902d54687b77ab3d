//! What goes wrong between program, server and file. After each the replica is equal by itself.

mod clock;
mod disk;
mod locked;
mod network;
mod pooler;
mod restart;
