import Activity from "./screens/activity/Activity.svelte";
import Accept from "./screens/accept/Accept.svelte";
import Accounts from "./screens/accounts/Accounts.svelte";
import Attention from "./screens/attention/Attention.svelte";
import Connection from "./screens/connection/Connection.svelte";
import Connections from "./screens/connections/Connections.svelte";
import Initiate from "./screens/initiate/Initiate.svelte";
import Invitation from "./screens/initiate/Invitation.svelte";
import NotFound from "./screens/NotFound.svelte";
import Settings from "./screens/settings/Settings.svelte";

/** Every place in the window, as the tray and links name it. */
export const routes = {
  "/": Connections,
  "/connections": Connections,
  "/connections/:id/invitation": Invitation,
  "/connections/:id/:tab?": Connection,
  "/initiate/:step?": Initiate,
  "/accept": Accept,
  "/activity": Activity,
  "/attention": Attention,
  "/accounts": Accounts,
  "/settings": Settings,
  "*": NotFound,
};
