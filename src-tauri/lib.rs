//! The desktop shell: it starts the node, opens the window, keeps the tray, and shapes answers for the UI.
//!
//! It decides nothing about sync: the node does, and everything shown here comes from one `Status` value of it. The
//! shell is the only room that knows Tauri. Begin reading at [`run`], then `shell.rs`.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tauri::{Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;

pub mod args;
mod autostart;
pub mod commands;
pub mod diagnostics;
pub mod general;
mod language;
pub mod link;
mod notify;
pub mod pace;
mod painted;
mod panel;
pub mod practice;
pub mod preferences;
pub mod privacy;
pub mod rules;
mod shell;
#[cfg(target_os = "linux")]
mod start;
mod surface;
mod tray;
mod windows;

/// Everything the UI can call and hear; the TypeScript bindings are made from it.
pub fn specta_builder() -> tauri_specta::Builder<tauri::Wry> {
    tauri_specta::Builder::<tauri::Wry>::new()
        .disable_serde_phases()
        .commands(tauri_specta::collect_commands![
            commands::status,
            commands::settings,
            commands::set_settings,
            commands::language,
            commands::set_language,
            commands::notification_switches,
            commands::set_notification_switches,
            commands::accounts,
            commands::add_account,
            commands::remove_account,
            commands::suggest_site,
            commands::projects,
            commands::project_types,
            commands::check_address,
            commands::check_relay,
            commands::initiate,
            commands::invitation,
            commands::read_invitation,
            commands::accept,
            commands::connect_local,
            commands::decline,
            commands::last_day,
            commands::connections,
            commands::connection,
            commands::approve,
            commands::reject,
            commands::pause,
            commands::resume,
            commands::set_internal_comments,
            commands::what,
            commands::matches,
            commands::filter_words,
            commands::filter_values,
            commands::set_what,
            commands::add_issue,
            commands::preview_question,
            commands::ask_to_connect,
            commands::questions,
            commands::withdraw_question,
            commands::answer_question,
            commands::remove,
            commands::pairs,
            commands::activity,
            commands::problems,
            commands::retry_problems,
            commands::skip_problems,
            commands::unskip_problems,
            commands::problem_fields,
            commands::fill_problem,
            commands::take_over,
            commands::compare,
            commands::conflicts,
            commands::use_conflict,
            commands::dismiss_conflict,
            commands::sync_pair,
            commands::stop_pair,
            commands::sync_now,
            commands::compare_sides,
            commands::pause_all,
            commands::resume_all,
            commands::open_link,
            painted::ui_ready,
            link::take_link,
            diagnostics::diagnostics,
            diagnostics::save_diagnostics,
            diagnostics::open_folder,
            general::general,
            general::set_start_at_login,
            general::set_close_to_tray,
            general::set_theme,
            pace::pace,
            pace::set_pace,
            privacy::privacy,
            privacy::set_retention,
            privacy::export_data,
            privacy::delete_everything,
            practice::practice,
            practice::start_practice,
            practice::leave_practice,
            practice::remove_practice,
            rules::rules,
            rules::rule_versions,
            rules::check_rules,
            rules::try_rules,
            rules::upgrade_to_script,
            rules::save_rules,
            rules::bring_back_rules,
        ])
        .events(tauri_specta::collect_events![commands::Changed, commands::Navigate])
}

/// Writes the TypeScript bindings (`ui/src/bindings.ts`) to `path`.
///
/// # Errors
/// When a type has no TypeScript form, or the file cannot be written.
pub fn export_bindings(path: &std::path::Path) -> Result<(), specta_typescript::Error> {
    specta_builder().export(specta_typescript::Typescript::default(), path)
}

/// Runs the app until it quits.
pub fn run() -> ExitCode {
    let started = Instant::now();
    #[cfg_attr(not(target_os = "linux"), expect(unused_mut, reason = "nothing is put right there"))]
    let mut args = args::Args::parse();
    #[cfg(target_os = "linux")]
    panel::prefer_plain_rendering();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("twinline: {error}");
            return ExitCode::FAILURE;
        }
    };
    tauri::async_runtime::set(runtime.handle().clone());

    let mut context = tauri::generate_context!();
    let instance = args.instance_id(&context.config().identifier);
    if !cfg!(target_os = "linux") {
        // On Windows and macOS the plugin takes the app's identifier; on Linux it can be told another.
        context.config_mut().identifier.clone_from(&instance);
    }
    #[cfg(target_os = "linux")]
    start::settle(&mut args, &instance);
    let folder = args.folder();
    let specta = specta_builder();
    let app = tauri::Builder::default()
        // Must be the first plugin: a second start ends here.
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(instance)
                .callback(|app, words, _cwd| {
                    if let Some(link) = link::among(&words) {
                        link::open(app, &link);
                    // A second start at login asks for no window either.
                    } else if !words.iter().any(|word| word == "--hidden") {
                        windows::show_from_anywhere(app, None);
                    }
                })
                .build(),
        )
        .plugin(
            tauri_plugin_window_state::Builder::default()
                // An absolute name stays beside the data, so that each data folder has its own window.
                .with_filename(folder.join("window.json").to_string_lossy())
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .plugin(tauri_plugin_clipboard_manager::init());
    #[cfg(not(target_os = "linux"))]
    let app = app.plugin(tauri_plugin_notification::init()).plugin(
        tauri_plugin_autostart::Builder::new()
            .app_name(args.instance_id("Twinline"))
            .args(args.at_login())
            .build(),
    );
    let app = app
        .invoke_handler(specta.invoke_handler())
        .setup(move |app| {
            specta.mount_events(app);
            let app = app.handle();
            app.manage(diagnostics::Shown::default());
            app.manage(shell::Shell::open(app, &args, started));
            let linked =
                args.link.as_ref().and_then(|link| link::receive(&app.state::<shell::Shell>(), link));
            if !args.hidden || linked.is_some() {
                windows::show(app, linked);
            }
            tray::start(app);
            Ok(())
        })
        .build(context);
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            eprintln!("twinline: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status = app.run_return(|app, event| match event {
        // The last window was closed. With a tray icon to come back by, syncing goes on without a web view.
        RunEvent::ExitRequested { code: None, api, .. } if stays(app) => api.prevent_exit(),
        // Practice lasts as long as its window: nothing of it runs in the tray.
        RunEvent::WindowEvent { event: WindowEvent::Destroyed, .. } => practice::leave_at_once(app),
        // There no start has a link among its words.
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            // A link may come before there is anything to show it: it is opened again from the message then.
            if app.try_state::<shell::Shell>().is_some() {
                for link in urls.iter().filter_map(|url| link::parse(url.as_str()).ok()) {
                    link::open(app, &link);
                }
            }
        }
        RunEvent::Exit => app.state::<shell::Shell>().close(),
        _ => {}
    });
    // Whatever still waits for a person or a disk does not hold up the end.
    runtime.shutdown_background();
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

/// One worker: the app waits nearly all day, and each further one is woken to find that the first does it already. What takes
/// long (the database, files, the keychain) has threads of its own.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// Whether the app goes on without a window: where there is a tray to come back by, and nobody chose otherwise.
fn stays(app: &tauri::AppHandle) -> bool {
    tray::is_reachable(app) && app.state::<shell::Shell>().preferences().chosen().close_to_tray
}
