//! The running app seen from outside: socket and doctor.

use std::fs;

use tawk_app::{Request, State};
use tawk_core::ErrorKind;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_store::Folders;

use super::world::{World, start_in};

#[test]
fn the_socket_makes_the_app_single_and_serves_commands() {
    let world = World::new();
    assert_eq!(start_in(world.home.path()).err().map(|error| error.kind), Some(ErrorKind::AlreadyRunning));
    let folders = Folders::under(world.home.path());
    tawk_app::send(&folders, Request::Open).unwrap();
    world.wait("window", || *world.log.windows.lock().unwrap() == 1);
    tawk_app::send(&folders, Request::Toggle).unwrap();
    world.speak();
    assert_eq!(tawk_app::send(&folders, Request::Status).unwrap().status.state, State::Listening);
    tawk_app::send(&folders, Request::Toggle).unwrap();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    tawk_app::send(&folders, Request::Quit).unwrap();
    world.wait("quit", || *world.log.quits.lock().unwrap() == 1);
}

#[test]
fn the_socket_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let socket = Folders::under(world.home.path()).socket().unwrap();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_doctor_names_the_demo_model_and_a_missing_microphone() {
    let world = World::new();
    let report = world.handle.doctor();
    let message = |id: &str| {
        report.checks.iter().find(|check| check.id == id).map(|check| (check.state, check.message.clone())).unwrap()
    };
    assert_eq!(message("microphone").0, tawk_app::CheckState::Good);
    let (state, text) = message("model");
    assert_eq!(state, tawk_app::CheckState::Warning);
    assert!(text.contains("demo"), "{text}");
    world.machine.microphones.disconnect(DEFAULT_ID);
    assert_eq!(world.handle.doctor().worst(), tawk_app::CheckState::Bad);
}
