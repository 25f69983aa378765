//! Every address of the portal, with who may ask for it.

use actix_web::{
    Route,
    http::Method,
    web::{self, ServiceConfig},
};

use super::pages::{
    admin, api, apps, author, find, home, last, login, logout, offline, plumbing, reset, runs, settings, signup, terms,
};
use crate::domain::{api_keys::Scope, roles::Permission};

/// Who may ask for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Everybody,
    /// Anybody who holds a signed link.
    SignedLink,
    /// Anybody who has logged in; each sees their own things only.
    LoggedIn,
    /// Anybody with this permission.
    Permitted(Permission),
    /// Any program with an API key.
    AnyKey,
    /// A program whose API key has this scope.
    Key(Scope),
}

/// One address and what answers there.
pub struct Entry {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// Makes the handler.
    pub handler: fn() -> Route,
}

macro_rules! table {
    ($($method:ident $path:literal $access:expr => $handler:path;)*) => {
        vec![$(Entry {
            method: Method::$method,
            path: $path,
            access: $access,
            handler: || Route::new().method(Method::$method).to($handler),
        }),*]
    };
}

/// The table. Handlers name the permission in their signature again: that is what enforces it, and the probe of
/// every entry shows that the two agree.
pub fn table() -> Vec<Entry> {
    use Access::{AnyKey, Everybody, Key, LoggedIn, Permitted, SignedLink};
    use Permission::{InstallModels, ManagePeople, ManageRunners, ManageSite, PublishApps, ReviewApps, RunApps};
    use Scope::{Feedback, Publish, Read};
    table! {
        GET  "/"                                 Everybody                => home::show;
        GET  "/search"                           Everybody                => find::search::show;
        GET  "/shelves/{shelf}"                  Everybody                => find::shelf::show;
        GET  "/authors/{author}"                 Everybody                => find::author::show;
        GET  "/signup"                           Everybody                => signup::show;
        POST "/signup"                           Everybody                => signup::submit;
        GET  "/login"                            Everybody                => login::show;
        POST "/login"                            Everybody                => login::submit;
        POST "/logout"                           Everybody                => logout::submit;
        GET  "/reset/{link}"                     Everybody                => reset::show;
        POST "/reset/{link}"                     Everybody                => reset::submit;
        GET  "/terms"                            Everybody                => terms::show;

        GET  "/apps/{slug}"                      Everybody                => apps::show::show;
        GET  "/apps/{slug}/icon"                 Everybody                => apps::icon::show;
        GET  "/apps/{slug}/examples/{example}/files/{blob}" Everybody     => apps::example_file::show;
        GET  "/apps/{slug}/examples/{example}/layout" Everybody           => apps::example_layout::show;
        GET  "/apps/{slug}/shared/{token}"       LoggedIn                 => apps::shared::show;
        POST "/apps/{slug}/runs"                 Permitted(RunApps)       => apps::run::submit;
        POST "/apps/{slug}/favourite"            LoggedIn                 => apps::favourite::submit;
        GET  "/apps/{slug}/reviews"              Everybody                => apps::reviews::show;
        POST "/apps/{slug}/review"               LoggedIn                 => apps::review::submit;
        POST "/apps/{slug}/review/delete"        LoggedIn                 => apps::unreview::submit;
        POST "/reviews/{review}/reply"           Permitted(PublishApps)   => apps::reply::submit;
        GET  "/apps/{slug}/report"               LoggedIn                 => apps::report::show;
        POST "/apps/{slug}/report"               LoggedIn                 => apps::report::submit;

        GET  "/runs"                             LoggedIn                 => runs::history::show;
        POST "/runs/delete"                      LoggedIn                 => runs::delete_many::submit;
        GET  "/runs/delete-all"                  LoggedIn                 => runs::delete_all::show;
        POST "/runs/delete-all"                  LoggedIn                 => runs::delete_all::submit;
        GET  "/runs/compare"                     LoggedIn                 => runs::compare::show;
        POST "/runs/compare"                     LoggedIn                 => runs::compare::submit;
        GET  "/runs/batches/{batch}"             LoggedIn                 => runs::batch::show;
        GET  "/runs/batches/{batch}/events"      LoggedIn                 => runs::batch_events::show;
        GET  "/runs/batches/{batch}/results.csv" LoggedIn                 => runs::batch_csv::show;
        POST "/runs/batches/{batch}/cancel"      LoggedIn                 => runs::batch_cancel::submit;
        GET  "/runs/{run}"                       LoggedIn                 => runs::show::show;
        GET  "/runs/{run}/events"                LoggedIn                 => runs::events::show;
        GET  "/runs/{run}/layout"                LoggedIn                 => runs::layout::show;
        GET  "/runs/{run}/files/{blob}"          LoggedIn                 => runs::file::show;
        GET  "/runs/{run}/result.json"           LoggedIn                 => runs::result_json::show;
        GET  "/runs/{run}/result.csv"            LoggedIn                 => runs::result_csv::show;
        POST "/runs/{run}/cancel"                LoggedIn                 => runs::cancel::submit;
        POST "/runs/{run}/delete"                LoggedIn                 => runs::delete::submit;
        POST "/runs/{run}/feedback"              LoggedIn                 => runs::give_feedback::submit;
        POST "/runs/{run}/feedback/remove"       LoggedIn                 => runs::remove_feedback::submit;
        POST "/runs/{run}/feedback/withdraw"     LoggedIn                 => runs::withdraw_consent::submit;
        POST "/runs/{run}/again"                 Permitted(RunApps)       => runs::again::submit;

        GET  "/author"                           Permitted(PublishApps)   => author::apps::show;
        GET  "/author/upload"                    Permitted(PublishApps)   => author::upload::show;
        POST "/author/upload"                    Permitted(PublishApps)   => author::upload::submit;
        GET  "/author/apps/{slug}"               Permitted(PublishApps)   => author::figures::show;
        POST "/author/apps/{slug}/lines"         Permitted(PublishApps)   => author::set_lines::submit;
        POST "/author/apps/{slug}/alerts/seen"   Permitted(PublishApps)   => author::see_alerts::submit;
        GET  "/author/apps/{slug}/feedback"      Permitted(PublishApps)   => author::feedback::show;
        GET  "/author/apps/{slug}/feedback/export"  Permitted(PublishApps) => author::feedback_export::show;
        GET  "/author/apps/{slug}/feedback/{consented}/photo" Permitted(PublishApps) => author::feedback_photo::show;
        GET  "/author/apps/{slug}/upload"        Permitted(PublishApps)   => author::upload::show_for_app;
        POST "/author/apps/{slug}/upload"        Permitted(PublishApps)   => author::upload::submit_for_app;
        GET  "/author/new"                       Permitted(PublishApps)   => author::editor::start::show;
        POST "/author/new"                       Permitted(PublishApps)   => author::editor::start::submit;
        POST "/author/apps/{slug}/edit"          Permitted(PublishApps)   => author::editor::start::edit;
        GET  "/author/apps/{slug}/releases"      Permitted(PublishApps)   => author::releases::show;
        POST "/author/apps/{slug}/visibility"    Permitted(PublishApps)   => author::sharing::submit;
        POST "/author/apps/{slug}/share"         Permitted(PublishApps)   => author::sharing::renew;
        POST "/author/apps/{slug}/experiment"    Permitted(PublishApps)   => author::experiment::submit;
        POST "/author/apps/{slug}/experiment/end" Permitted(PublishApps)  => author::experiment::end;
        GET  "/author/apps/{slug}/live"          Permitted(PublishApps)   => author::live::show;
        GET  "/author/apps/{slug}/live/events"   Permitted(PublishApps)   => author::live::follow;
        GET  "/author/drafts/{draft}/general"    Permitted(PublishApps)   => author::editor::general::show;
        POST "/author/drafts/{draft}/general"    Permitted(PublishApps)   => author::editor::general::submit;
        GET  "/author/drafts/{draft}/parameters" Permitted(PublishApps)   => author::editor::parameters::show;
        POST "/author/drafts/{draft}/parameters" Permitted(PublishApps)   => author::editor::parameters::submit;
        POST "/author/drafts/{draft}/parameters/preview" Permitted(PublishApps) => author::editor::parameters::preview;
        GET  "/author/drafts/{draft}/template"   Permitted(PublishApps)   => author::editor::template::show;
        POST "/author/drafts/{draft}/template"   Permitted(PublishApps)   => author::editor::template::submit;
        GET  "/author/drafts/{draft}/template/frame" Permitted(PublishApps) => author::editor::frame::show;
        POST "/author/drafts/{draft}/template/frame" Permitted(PublishApps) => author::editor::frame::submit;
        GET  "/author/drafts/{draft}/code"       Permitted(PublishApps)   => author::editor::code::show;
        POST "/author/drafts/{draft}/code"       Permitted(PublishApps)   => author::editor::code::submit;
        POST "/author/drafts/{draft}/files"      Permitted(PublishApps)   => author::editor::files::submit;
        POST "/author/drafts/{draft}/files/remove" Permitted(PublishApps) => author::editor::files::remove;
        GET  "/author/drafts/{draft}/publish"    Permitted(PublishApps)   => author::editor::publish::show;
        POST "/author/drafts/{draft}/publish"    Permitted(PublishApps)   => author::editor::publish::submit;
        POST "/author/drafts/{draft}/delete"     Permitted(PublishApps)   => author::editor::delete::submit;
        OPTIONS "/author/drafts/{draft}/uploads" Permitted(PublishApps)   => author::editor::uploads::options;
        POST "/author/drafts/{draft}/uploads"    Permitted(PublishApps)   => author::editor::uploads::begin;
        HEAD "/author/uploads/{upload}"          Permitted(PublishApps)   => author::editor::uploads::head;
        PATCH "/author/uploads/{upload}"         Permitted(PublishApps)   => author::editor::uploads::patch;
        DELETE "/author/uploads/{upload}"        Permitted(PublishApps)   => author::editor::uploads::delete;
        GET  "/author/releases/{release}"        Permitted(PublishApps)   => author::release::show;
        GET  "/author/releases/{release}/events" Permitted(PublishApps)   => author::events::show;
        GET  "/author/releases/{release}/tests"  Permitted(PublishApps)   => author::tests::show;
        POST "/author/releases/{release}/tests"  Permitted(PublishApps)   => author::tests::submit;
        POST "/author/releases/{release}/compare" Permitted(PublishApps)  => author::tests::compare;
        POST "/author/releases/{release}/deprecate" Permitted(PublishApps) => author::versions::deprecate;
        POST "/author/releases/{release}/undeprecate" Permitted(PublishApps) => author::versions::undeprecate;
        POST "/author/releases/{release}/rollback" Permitted(PublishApps) => author::versions::roll_back;
        POST "/author/releases/{release}/notes"  Permitted(PublishApps)   => author::versions::notes;
        POST "/author/releases/{release}/publish"   Permitted(PublishApps) => author::publish::submit;
        POST "/author/releases/{release}/unpublish" Permitted(PublishApps) => author::unpublish::submit;
        POST "/releases/{release}/runs"          Permitted(RunApps)       => author::run::submit;

        GET  "/settings/keep"                    LoggedIn                 => settings::keep::show;
        POST "/settings/keep"                    LoggedIn                 => settings::keep::submit;
        GET  "/settings/consents"                LoggedIn                 => settings::consents::show;
        POST "/settings/consents/withdraw"       LoggedIn                 => settings::withdraw_consents::submit;
        GET  "/settings"                         LoggedIn                 => settings::account::show;
        POST "/settings"                         LoggedIn                 => settings::account::submit;
        POST "/settings/password"                LoggedIn                 => settings::account::submit_password;
        GET  "/settings/sessions"                LoggedIn                 => settings::sessions::show;
        POST "/settings/sessions"                LoggedIn                 => settings::sessions::submit;
        POST "/settings/sessions/{session}/end"  LoggedIn                 => settings::end_session::submit;
        GET  "/settings/data"                    LoggedIn                 => settings::data::show;
        POST "/settings/export"                  LoggedIn                 => settings::export::submit;
        POST "/settings/end"                     LoggedIn                 => settings::data::submit;
        GET  "/settings/author"                  LoggedIn                 => settings::author::show;
        POST "/settings/author"                  LoggedIn                 => settings::author::submit;
        GET  "/settings/keys"                    LoggedIn                 => settings::keys::show;
        POST "/settings/keys"                    LoggedIn                 => settings::keys::submit;
        POST "/settings/keys/{key}/revoke"       LoggedIn                 => settings::revoke_key::submit;

        GET  "/api/v1/me"                        AnyKey                   => api::me::show;
        GET  "/api/v1/apps"                      Key(Read)                => api::apps::show;
        GET  "/api/v1/apps/{slug}/feedback"      Key(Feedback)            => api::feedback::show;
        GET  "/api/v1/apps/{slug}/feedback/export"  Key(Feedback)         => api::feedback_export::show;
        POST "/api/v1/releases"                  Key(Publish)             => api::upload::submit;
        GET  "/api/v1/releases/{release}"        Key(Read)                => api::release::show;
        POST "/api/v1/releases/{release}/publish"   Key(Publish)          => api::publish::submit;
        POST "/api/v1/releases/{release}/unpublish" Key(Publish)          => api::unpublish::submit;

        GET  "/admin/catalog"                    Permitted(InstallModels) => admin::catalog::show;
        POST "/admin/catalog/{entry}"            Permitted(InstallModels) => admin::install_entry::submit;
        GET  "/admin/installs/{install}"         Permitted(InstallModels) => admin::install::show;
        GET  "/admin/installs/{install}/events"  Permitted(InstallModels) => admin::install_events::show;
        GET  "/admin"                            Permitted(ReviewApps)    => admin::overview::show;
        GET  "/admin/reviews"                    Permitted(ReviewApps)    => admin::reviews::show;
        GET  "/admin/reviews/{release}"          Permitted(ReviewApps)    => admin::review::show;
        POST "/admin/reviews/{release}/approve"  Permitted(ReviewApps)    => admin::approve_release::submit;
        POST "/admin/reviews/{release}/return"   Permitted(ReviewApps)    => admin::return_release::submit;
        POST "/admin/reviews/{release}/examples" Permitted(ReviewApps)    => admin::try_release::submit;
        GET  "/admin/reports"                    Permitted(ReviewApps)    => admin::reports::show;
        POST "/admin/reports/{report}/dismiss"   Permitted(ReviewApps)    => admin::dismiss_report::submit;
        POST "/admin/reports/{report}/uphold"    Permitted(ReviewApps)    => admin::uphold_report::submit;
        GET  "/admin/apps/{slug}"                Permitted(ReviewApps)    => admin::app::show;
        POST "/admin/apps/{slug}/suspend"        Permitted(ReviewApps)    => admin::suspend_app::submit;
        POST "/admin/apps/{slug}/lift"           Permitted(ReviewApps)    => admin::lift_app::submit;
        GET  "/admin/categories"                 Permitted(ManageSite)    => admin::categories::show;
        POST "/admin/categories"                 Permitted(ManageSite)    => admin::categories::submit;
        GET  "/admin/featured"                   Permitted(ManageSite)    => admin::featured::show;
        POST "/admin/featured"                   Permitted(ManageSite)    => admin::featured::submit;
        GET  "/admin/people"                     Permitted(ManagePeople)  => admin::people::show;
        GET  "/admin/people/{person}"            Permitted(ManagePeople)  => admin::person::show;
        POST "/admin/people/{person}/role"       Permitted(ManagePeople)  => admin::set_role::submit;
        POST "/admin/people/{person}/suspend"    Permitted(ManagePeople)  => admin::suspend_person::submit;
        POST "/admin/people/{person}/lift"       Permitted(ManagePeople)  => admin::lift_person::submit;
        POST "/admin/people/{person}/password-link" Permitted(ManagePeople) => admin::password_link::submit;
        GET  "/admin/requests"                   Permitted(ManagePeople)  => admin::requests::show;
        POST "/admin/requests/{request}/grant"   Permitted(ManagePeople)  => admin::grant_author::submit;
        POST "/admin/requests/{request}/refuse"  Permitted(ManagePeople)  => admin::refuse_author::submit;
        GET  "/admin/invitations"                Permitted(ManagePeople)  => admin::invitations::show;
        POST "/admin/invitations"                Permitted(ManagePeople)  => admin::invitations::submit;
        POST "/admin/invitations/{invitation}/revoke" Permitted(ManagePeople) => admin::revoke_invitation::submit;
        GET  "/admin/site"                       Permitted(ManageSite)    => admin::site::show;
        POST "/admin/site"                       Permitted(ManageSite)    => admin::site::submit;
        GET  "/admin/audit"                      Permitted(ManageSite)    => admin::audit::show;
        GET  "/admin/runners"                    Permitted(ManageRunners) => admin::runners::show;
        POST "/admin/runners"                    Permitted(ManageRunners) => admin::add_runner::submit;
        POST "/admin/runners/{runner}"           Permitted(ManageRunners) => admin::switch_runner::submit;
        POST "/admin/runners/{runner}/about"     Permitted(ManageRunners) => admin::describe_runner::submit;

        GET  "/files/{blob}"                     SignedLink               => plumbing::fetch_file::show;
        PUT  "/files/{blob}"                     SignedLink               => plumbing::store_file::submit;

        GET  "/manifest.webmanifest"             Everybody                => plumbing::installed::show;
        GET  "/sw.js"                            Everybody                => plumbing::service_worker::show;
        GET  "/offline"                          Everybody                => offline::show;
        GET  "/last"                             Everybody                => last::show;
        GET  "/static/{name}"                    Everybody                => plumbing::static_file::show;
        GET  "/schema/app.json"                  Everybody                => plumbing::schema::show;
        GET  "/health/live"                      Everybody                => plumbing::health::live;
        GET  "/health/ready"                     Everybody                => plumbing::health::ready;
    }
}

/// Registers the table. Methods of one path share a resource, so that a wrong method is told as such.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let mut resources: Vec<(&str, actix_web::Resource)> = Vec::new();
    for entry in table() {
        let route = (entry.handler)();
        match resources.iter().position(|(path, _)| *path == entry.path) {
            Some(index) => {
                // In its place: the first address that fits answers, so "/runs/compare" stays before "/runs/{run}".
                let (path, resource) = resources.remove(index);
                resources.insert(index, (path, resource.route(route)));
            }
            None => resources.push((entry.path, web::resource(entry.path).route(route))),
        }
    }
    for (_, resource) in resources {
        config.service(resource);
    }
}
