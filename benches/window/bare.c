/* What GTK and WebKit alone cost on this computer: the floor that the app's figures are held against.
 *
 * "window" shows one empty page, and prints the time (microseconds since 1970) once it is painted, told by the same two
 * frames as our own page; anything else only links WebKit, and opens no window. */
#include <string.h>
#include <webkit2/webkit2.h>

static const char *PAGE =
    "<!doctype html><title>Empty</title><script>"
    "requestAnimationFrame(() => requestAnimationFrame(() => webkit.messageHandlers.painted.postMessage('')))"
    "</script>";

static void painted(WebKitUserContentManager *content, WebKitJavascriptResult *said, gpointer unused) {
    (void)content, (void)said, (void)unused;
    g_print("%" G_GINT64_FORMAT "\n", g_get_real_time());
}

static void show(void) {
    WebKitUserContentManager *content = webkit_user_content_manager_new();
    g_signal_connect(content, "script-message-received::painted", G_CALLBACK(painted), NULL);
    webkit_user_content_manager_register_script_message_handler(content, "painted");
    GtkWidget *view = webkit_web_view_new_with_user_content_manager(content);
    GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    gtk_window_set_default_size(GTK_WINDOW(window), 1080, 720);
    gtk_container_add(GTK_CONTAINER(window), view);
    webkit_web_view_load_html(WEBKIT_WEB_VIEW(view), PAGE, NULL);
    gtk_widget_show_all(window);
}

int main(int count, char **words) {
    gtk_init(&count, &words);
    if (count > 1 && strcmp(words[1], "window") == 0) {
        show();
    } else if (webkit_get_major_version() == 0) {
        return 1; /* never: the call keeps the linker from leaving WebKit out */
    }
    gtk_main();
    return 0;
}
