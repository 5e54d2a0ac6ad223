# Every sentence that a person reads, in German: window, tray, notifications, command line. English (en.ftl) is the
# original: the same sections, the same messages with the same variables, and no others; a test holds the two together.
#
# How we speak: „Sie“, short, calm, no blame. Whose turn it is, not whose fault. One word for each thing:
#   connection      Verbindung              initiate        initiieren
#   invitation code Einladungscode          accept          annehmen
#   approve, reject freigeben, ablehnen     partner         Partner
#   issue           Vorgang                 twin            Zwilling
#   to sync         abgleichen, Abgleich    in step         abgeglichen
#   up to date      aktuell                 needs attention Handlungsbedarf
#   pause, resume   pausieren, fortsetzen   delayed         verzögert
#   try again, skip erneut versuchen, überspringen
#   left out        übersprungen            removed         entfernt
#   sign-in         Anmeldung               password store  Passwortspeicher
#   Jira admin      Jira-Administration     Jira account    Jira-Konto
#   summary         Zusammenfassung         description     Beschreibung
#   comment         Kommentar               attachment      Anhang
#   issue type      Vorgangstyp             filter          Filter
#   comparison number                       Vergleichszahl
# As in Jira: names of issue types, fields and projects stay as the site has them. Basic, Script, JQL and API token are names.

## Window: shared words

app-name = Twinline
partner-unknown = unbekannt
not-known-yet = noch offen
try-again = Erneut versuchen
skip = Überspringen
cancel = Abbrechen
close = Schließen
back = Zurück
next = Weiter
done = Fertig
save = Speichern
saved = Gespeichert
saved-as = Gespeichert als
open-folder = Ordner öffnen
show = Anzeigen
load-more = Mehr laden
loading = Wird geladen …
loading-still = Wird noch geladen …
copied = Kopiert
copy-failed = Dieser Computer hat das Kopieren nicht zugelassen. Markieren Sie den Code und drücken Sie { $keys }.
trouble-unexpected = In Twinline ist etwas schiefgegangen: { $detail }
trouble-unexpected-next = Versuchen Sie es erneut. Wenn es wieder geschieht, starten Sie Twinline neu.
owner-you = Sie sind am Zug
owner-partner = { $partner } ist am Zug
owner-partner-unnamed = Der Partner ist am Zug
owner-network = Netzwerk
owner-tracker = Jira und seine Administration
comparison = Vergleichszahl
line-between = { $ours } und { $theirs }: { $state }

## Window: times

time-now = gerade eben
time-seconds = vor { $n } s
time-minutes = vor { $n } min
time-hours = vor { $n } h
time-yesterday = gestern { $clock }
time-never = noch nicht
expires-days = läuft in { $n ->
    [one] 1 Tag
   *[other] { $n } Tagen
  } ab
expires-hours = läuft in { $n ->
    [one] 1 Stunde
   *[other] { $n } Stunden
  } ab
expires-minutes = läuft in { $n } min ab
expires-over = abgelaufen

## Window: states

state-word-up-to-date = Aktuell
state-word-checking = Wird geprüft
state-word-syncing = Abgleich läuft
state-word-syncing-count = Abgleich läuft · { $n }
state-word-first-sync = Erster Abgleich
state-word-first-sync-percent = Erster Abgleich { $n } %
state-word-delayed = Verzögert
state-word-needs-attention = Handlungsbedarf
state-word-needs-attention-count = Handlungsbedarf · { $n }
state-word-paused = Pausiert
state-word-offline = Offline
state-word-waiting-for-partner = Wartet auf Partner
state-word-waiting-for-you = Wartet auf Sie
state-word-declined = Abgelehnt
state-word-disconnected = Partner getrennt
state-word-not-set-up = Nicht eingerichtet
pair-in-step = Abgeglichen
pair-syncing = Abgleich läuft
pair-stopped = Handlungsbedarf
pair-waiting-for-partner = Wartet auf Partner
pair-skipped = Teils übersprungen
pair-unlinked = Nicht mehr abgeglichen

## Window: frame

nav-label = Hauptmenü
nav-connections = Verbindungen
nav-activity = Aktivität
nav-attention = Handlungsbedarf
nav-attention-count = { $n ->
    [one] 1 mit Handlungsbedarf
   *[other] { $n } mit Handlungsbedarf
  }
nav-accounts = Jira-Konten
nav-settings = Einstellungen
header-label = Status
header-sync = Jetzt abgleichen
header-pause = Pausieren
pause-hour = Für 1 Stunde
pause-tomorrow = Bis morgen, 08:00
pause-open = Bis ich fortsetze
header-resume = Fortsetzen
header-checked = { $when } geprüft
header-syncing-now = Änderungen werden jetzt gesucht.
header-paused = Der Abgleich ist pausiert. Nichts geht verloren.
header-resumed = Der Abgleich geht weiter.
skip-to-content = Zum Inhalt springen
palette-title = Befehle
palette-placeholder = Was möchten Sie tun?
palette-none = Unter diesem Namen gibt es hier nichts.
palette-deeds = Tun
palette-places = Gehe zu
palette-pause-all = Alle Verbindungen pausieren
palette-pause-all-hour = Alle Verbindungen für 1 Stunde pausieren
palette-pause-all-tomorrow = Alle Verbindungen bis morgen, 08:00, pausieren
palette-resume-all = Alle Verbindungen fortsetzen
palette-open-both = { $both } · { $state }
palette-open = { $partner } · { $project } · { $state }
palette-pause = { $partner } pausieren
palette-what = Was mit { $partner } abgeglichen wird
palette-add = Einen einzelnen Vorgang für { $partner } hinzufügen
palette-resume = { $partner } fortsetzen
keys-title = Tastenkürzel
key-ctrl = Strg
key-shift = Umschalt
key-alt = Alt
key-esc = Esc
shortcut-palette = Alle Befehle
shortcut-initiate = Verbindung initiieren
shortcut-accept = Einladung annehmen
shortcut-sync = Jetzt abgleichen
shortcut-filter = In der Liste suchen
shortcut-settings = Einstellungen
shortcut-region = Nächster Teil des Fensters
shortcut-leave = Schließen oder diese Seite verlassen
shortcut-back = Zurück
shortcut-keys = Diese Tastenkürzel
not-found = Diese Seite gibt es nicht.
not-found-link = Zu Ihren Verbindungen

## Window: first run

first-title = Jira-Vorgänge mit einem Partner abgleichen
first-lead = Twinline kopiert Vorgänge zwischen Ihrem Jira-Projekt und dem eines Partners, direkt von diesem Computer zu dem des Partners. Niemand dazwischen kann sie lesen.
first-question = Wie möchten Sie beginnen?
first-invite = Ich möchte einen Partner einladen
first-invite-line = Sie wählen ein Projekt und erhalten einen Code, den Sie dem Partner senden.
first-accept = Ich habe einen Einladungscode erhalten
first-accept-line = Sie fügen den Code ein, wählen ein Projekt und sind verbunden.
sign-in-title = Jira verbinden
sign-in-again-title = Erneut bei { $site } anmelden
sign-in-lead = Twinline liest und schreibt Vorgänge in Ihrem Namen. Die Anmeldung bleibt im Passwortspeicher dieses Computers.
sign-in-lead-linked = Ihre Einladung wird danach gezeigt.
sign-in-site = Adresse der Site
sign-in-site-hint = Jede Adresse aus Ihrem Jira genügt, etwa acme.atlassian.net
sign-in-site-understood = Verstanden als { $site }
sign-in-site-odd = Das sieht nicht nach der Adresse einer Jira-Cloud-Site aus, wie acme.atlassian.net
sign-in-site-missing = Geben Sie die Adresse Ihrer Jira-Site ein.
sign-in-email = E-Mail
sign-in-email-hint = Die Adresse, die Sie in Jira verwenden
sign-in-email-missing = Geben Sie die E-Mail-Adresse Ihres Jira-Kontos ein.
sign-in-token = API-Token
sign-in-token-hint = Es wirkt wie ein Passwort nur für Twinline.
sign-in-token-missing = Fügen Sie ein API-Token ein.
sign-in-expires = Tag, an dem das Token endet
sign-in-expires-optional = optional
sign-in-expires-hint = Er steht in der Liste Ihrer API-Token bei Atlassian. Twinline erinnert Sie rechtzeitig: 30 Tage, 7 Tage und 1 Tag vorher.
sign-in-token-create = Token in Jira erstellen
sign-in-button = Anmelden
sign-in-testing = Anmeldung bei { $site } …
sign-in-done = Angemeldet als { $name } · { $projects ->
    [0] kein Projekt
    [one] 1 Projekt
   *[other] { $projects } Projekte
  }
sign-in-until-quit = Dieser Computer hat keinen Passwortspeicher. Die Anmeldung wird nur behalten, bis Sie Twinline beenden.

## Window: practice

practice-name = Übung
practice-band = Übung: zwei erfundene Firmen auf diesem Computer. Nichts hier ist echt.
practice-start = Mit Übungsdaten ausprobieren
practice-start-line = Nur mal schauen? Zwei erfundene Firmen auf diesem Computer, gleich verbunden. Sie brauchen weder Konto noch Netz, und alles lässt sich jederzeit entfernen.
practice-resume = Weiter üben
practice-resume-line = Ihre zwei erfundenen Firmen sind so, wie Sie sie verlassen haben.
practice-starting = Beide Firmen, ihre Jiras und ihre Verbindung werden gestartet …
practice-started = Die Übung beginnt. Nichts hier ist echt.
practice-open = Jira von { $company } öffnen
practice-leave = Übung verlassen
practice-invited = Ein Link brachte eine Einladung. Sie gilt Ihrem eigenen Twinline, nicht der Übung.
practice-invited-show = Übung verlassen und ansehen
practice-left = Sie haben die Übung verlassen. Die Übungsdaten bleiben erhalten.
practice-remove = Übungsdaten entfernen …
practice-remove-title = Alle Übungsdaten entfernen?
practice-remove-line = Beide erfundenen Firmen verschwinden mit allem, was dort geschrieben wurde. Echtes bleibt unberührt.
practice-remove-yes = Entfernen
practice-remove-no = Behalten
practice-removed = Alle Übungsdaten sind entfernt.
practice-try-title = Probieren Sie es aus
practice-try-first = Der erste Abgleich läuft: Jeder Vorgang bekommt seinen Zwilling im Jira der anderen Firma.
practice-try-done = Jeder Vorgang hat seinen Zwilling. Schreiben Sie nun einen Kommentar im Jira von ACME, und sehen Sie zu, wie er bei Globex ankommt.

## Window: connections

notes-label = Gut zu wissen
connections-title = Verbindungen
connections-initiate = Verbindung initiieren
connections-accept = Einladung annehmen
connections-local = Beide Projekte sind in dieser App
connections-local-start = Eigene Projekte verbinden
connections-local-line = Sie verbinden zwei eigene Projekte, von einer Jira-Site oder von zweien. Ein Code ist nicht nötig.
connections-both = { $ours } und { $theirs }
connections-other-side = Seite von { $project }:
connections-empty-title = Noch keine Verbindung
connections-empty-line = Eine Verbindung verknüpft eines Ihrer Jira-Projekte mit einem Projekt eines Partners.
connections-foot = Twinline gleicht beide Seiten ab, solange dieser Computer eingeschaltet ist.
connections-issues = { $n ->
    [one] 1 Vorgang
   *[other] { $n } Vorgänge
  }
row-more = Mehr zu { $partner }
row-copy-again = Erneut kopieren
row-cancel-invitation = Einladung zurückziehen
row-remove = Verbindung entfernen
row-invite-again = Neu einladen
row-forget = Aus der Liste entfernen
row-pause = Pausieren
row-resume = Fortsetzen
row-approve = Freigeben
row-reject = Ablehnen
row-claims = { $partner } möchte sich mit dem Projekt { $project } verbinden.
row-claimed-identity = Eigene Angabe: { $person } von { $company } ({ $site }). Twinline kann das nicht beweisen: So sagt es der Computer der anderen Seite.
row-claimed-company = Eigene Angabe: { $company } ({ $site }). Twinline kann das nicht beweisen: So sagt es der Computer der anderen Seite.
row-compare = Wenn Sie Gewissheit möchten, vergleichen Sie diese Zahl am Telefon: Beide Bildschirme zeigen dieselbe.
row-approved = { $partner } ist freigegeben. Der erste Abgleich beginnt.
row-rejected = { $partner } wurde abgelehnt.
row-removed = Die Verbindung wurde entfernt. Beide Kopien jedes Vorgangs bleiben.
row-forgotten = Sie steht nicht mehr in der Liste.
row-cancelled = Die Einladung wurde zurückgezogen. Der Code gilt nicht mehr.
row-paused = Der Abgleich mit { $partner } ist pausiert. Nichts geht verloren.
row-resumed = Der Abgleich mit { $partner } geht weiter.
ask-cancel-title = Einladung für { $partner } zurückziehen?
ask-cancel-line = Der Code gilt sofort nicht mehr. Bereits abgeglichene Vorgänge bleiben auf beiden Seiten.
ask-cancel-yes = Einladung zurückziehen
ask-cancel-no = Behalten
ask-remove-title = Verbindung mit { $partner } entfernen?
ask-remove-line = Änderungen werden nicht mehr übertragen, für { $n ->
    [0] alle Vorgänge
    [one] 1 Vorgang
   *[other] { $n } Vorgänge
  }. Beide Kopien jedes Vorgangs bleiben, in Ihrem Jira und beim Partner.
ask-remove-line-local = Änderungen werden nicht mehr übertragen, für { $n ->
    [0] alle Vorgänge
    [one] 1 Vorgang
   *[other] { $n } Vorgänge
  }. Beide Kopien jedes Vorgangs bleiben.
ask-remove-yes = Verbindung entfernen
ask-remove-no = Behalten
ask-reject-title = { $partner } ablehnen?
ask-reject-line = Der Code gilt dann nicht mehr. Noch wurde nichts abgeglichen, und auf keiner Seite wird ein Vorgang gelöscht.
ask-reject-yes = Ablehnen
ask-reject-no = Zurück

## Window: wizard Initiate connection

wizard-initiate = Verbindung initiieren
wizard-step = Schritt { $step } von { $of }: { $name }
wizard-steps = Schritte
wizard-step-done = erledigt
step-partner = Partner
step-mode = Modus
step-project = Projekt
step-review = Prüfen
initiate-partner-title = Mit wem möchten Sie sich verbinden?
initiate-partner-name = Name des Partners
initiate-partner-optional = optional
initiate-partner-hint = Vorerst sehen nur Sie ihn. Ohne Namen steht dort „unbekannt“.
own-company = Name Ihrer Firma, wie Ihr Partner ihn sieht
own-company-hint = Sie können ihn später in den Einstellungen ändern.
initiate-url-question = Hat Ihr Partner Ihnen eine Adresse seines Twinline gegeben?
initiate-no-url = Ich habe keine URL
initiate-no-url-line = Das Jira meines Partners ist von hier aus nicht erreichbar. Der Partner verbindet sich mit einem Einladungscode mit uns.
initiate-relay = Keiner von uns kann einen Port öffnen
initiate-relay-line = Beide Computer verbinden sich mit einem Relay bei Ihnen oder Ihrem Partner. Es gibt weiter, was es nicht lesen kann.
initiate-relay-field = Adresse des Relays
initiate-relay-hint = Twinline bringt keines mit, damit niemand sonst erfährt, wer mit wem spricht. Ihre IT kann eines betreiben.
initiate-relay-partner = Auch der Computer Ihres Partners muss es erreichen.
initiate-relay-next = Prüfen Sie die Adresse, und fragen Sie, wer das Relay betreibt, ob es läuft und Ihr Netz es erreicht.
initiate-relay-missing = Geben Sie die Adresse des Relays ein.
initiate-have-url = Ich habe eine URL
initiate-have-url-line = Mein Partner hat mir die Adresse seines Twinline gegeben. Beide Seiten können einander erreichen.
initiate-url = Adresse des Partners
initiate-url-check = Prüfen
initiate-url-checking = { $address } wird gefragt …
initiate-url-modes = Mögliche Verbindungsarten: { $modes }
initiate-url-none = Mit dem, was dort antwortet, ist keine Verbindungsart möglich.
initiate-url-later = Das Verbinden über eine URL kommt in einer späteren Version von Twinline. Prüfen können Sie die Adresse schon; um jetzt fortzufahren, wählen Sie „Ich habe keine URL“.
initiate-mode-title = Was abgeglichen wird
initiate-mode-lead = Jede Verbindung beginnt im Modus Basic: mit sinnvollen Regeln, die schon fertig sind. Sie brauchen nichts zu schreiben.
initiate-mode-later = Sie können die Regeln später ansehen und eigene schreiben.
mode-basic = Basic
mode-basic-syncs = Abgeglichen wird, in beide Richtungen
mode-script = Script
field-summary = Zusammenfassung
field-description = Beschreibung, mit Formatierung
field-comments = Kommentare, als öffentliche Kommentare
field-comments-public = Öffentliche Kommentare
field-attachments = Anhänge
field-type = Vorgangstyp, nach Namen
initiate-project-title = Welches Projekt nimmt die eingehenden Vorgänge auf?
initiate-project-lead = Was Ihr Partner sendet, wird in diesem Projekt erstellt, und neue Vorgänge dieses Projekts gehen an Ihren Partner.
project-account = Jira-Konto
project-label = Projekt
project-search = Projekte suchen
project-count = { $n ->
    [0] Kein Projekt passt.
    [one] 1 Projekt
   *[other] { $n } Projekte
  }
project-none = Dieses Konto darf in keinem Projekt Vorgänge erstellen.
project-none-next = Bitten Sie Ihre Jira-Administration um die Berechtigung „Vorgänge erstellen“ in einem Projekt, und versuchen Sie es dann erneut.
project-choose = Wählen Sie ein Projekt.
project-type = Wenn ein Typ hier fehlt, verwenden
project-type-default = { $type } (wie im Projekt festgelegt)
project-type-hint = Ein Vorgangstyp, den { $project } nicht hat, kommt als dieser Typ an.
initiate-review-title = Prüfen, bevor Sie { $partner } einladen
initiate-review-title-unnamed = Prüfen, bevor Sie einladen
review-send = Ihr Partner sieht
review-receive = Sie erhalten
review-send-line = Aus neuen Vorgängen in { $project }:
review-receive-line = Als neue Vorgänge in { $project }:
review-comments = Alle Kommentare abgeglichener Vorgänge werden geteilt, als öffentliche Kommentare. Nur solche für eine Rolle oder Gruppe bleiben hier.
review-comments-public = Öffentliche Kommentare abgeglichener Vorgänge werden geteilt. Interne und solche für eine Rolle oder Gruppe bleiben hier.
review-comments-internal = Kommentare abgeglichener Vorgänge werden als öffentliche Kommentare geteilt, auch interne. Nur solche für eine Rolle oder Gruppe bleiben hier.
review-internal = Auch interne Kommentare teilen
review-internal-off = { $project } ist ein Serviceprojekt. Aus: Was Ihr Team intern schreibt, bleibt hier.
review-internal-on = Wer den Vorgang bei Ihrem Partner sieht, kann lesen, was Ihr Team intern geschrieben hat.
review-existing = Auch bestehende Vorgänge abgleichen
review-existing-line = { $n ->
    [0] In { $project } gibt es noch keine Vorgänge.
    [one] In { $project } gibt es jetzt 1 Vorgang. Aus: Nur ab jetzt erstellte Vorgänge werden abgeglichen.
   *[other] In { $project } gibt es jetzt { $n } Vorgänge. Aus: Nur ab jetzt erstellte Vorgänge werden abgeglichen.
  }
review-existing-on = { $n ->
    [one] 1 bestehender Vorgang geht ebenfalls an Ihren Partner.
   *[other] { $n } bestehende Vorgänge gehen ebenfalls an Ihren Partner.
  }
review-authors = Sagen, wer einen Kommentar geschrieben hat
review-authors-on = Über jedem Kommentar, der ankommt, steht auf Englisch: “Robin Lee ({ $partner }) wrote on 12 Nov 2026, 14:03 UTC:”
review-authors-on-unnamed = Über jedem Kommentar, der ankommt, steht auf Englisch: “Robin Lee (their company) wrote on 12 Nov 2026, 14:03 UTC:”
review-authors-off = Kommentare kommen ohne den Namen ihres Verfassers an. In Jira stehen sie als von Ihrem eigenen Konto geschrieben.
review-address = Adresse dieses Computers
review-address-hint = Der Computer Ihres Partners verbindet sich mit dieser Adresse. Der Einladungscode enthält sie.
review-address-missing = Geben Sie eine Adresse ein, unter der Ihr Partner diesen Computer erreicht.
review-relay = Beide Computer treffen sich beim Relay { $relay }. Kein Port wird geöffnet.
review-approval = Wenn jemand den Code verwendet
review-ask = Erst mich fragen
review-ask-line = Sie sehen, wer es ist, und geben frei, bevor etwas abgeglichen wird.
review-code-holder = Verbinden, wer den Code hat
review-code-holder-line = Der Abgleich beginnt sofort. Wählen Sie das nur, wenn der Code sicher übermittelt wird.
initiate-submit = Initiieren
initiate-working = Die Einladung wird erstellt …
invitation-ready = Ihre Seite ist bereit. Senden Sie diese Einladung an { $partner }.
invitation-ready-unnamed = Ihre Seite ist bereit. Senden Sie diese Einladung an Ihren Partner.
invitation-title = Einladung für { $partner }
invitation-title-unnamed = Einladung für Ihren Partner
invitation-code = Einladungscode
invitation-copy = Einladungscode kopieren
invitation-copy-message = Nachricht für { $partner } kopieren
invitation-copy-message-unnamed = Nachricht für Ihren Partner kopieren
invitation-copied = Der Einladungscode ist kopiert.
invitation-message-copied = Die Nachricht ist kopiert. Fügen Sie sie in eine E-Mail oder einen Chat ein.
invitation-works-once = Gilt einmal · bis { $until }
invitation-next = Wie es weitergeht
invitation-next-open = { $partner } öffnet Twinline, wählt „Einladung annehmen“ und fügt sie ein.
invitation-next-open-unnamed = Ihr Partner öffnet Twinline, wählt „Einladung annehmen“ und fügt sie ein.
invitation-next-approve = Sie sehen, wer angenommen hat, und geben frei.
invitation-next-sync = Der Abgleich beginnt von selbst.
invitation-reach = Kann { $partner } diesen Computer erreichen?
invitation-reach-unnamed = Kann Ihr Partner diesen Computer erreichen?
invitation-reach-relay = Erreichen beide das Relay?
invitation-at-relay = Ihr Partner findet diesen Computer beim Relay { $address }.
invitation-not-at-relay = Dieser Computer ist noch nicht beim Relay { $address }.
invitation-not-at-relay-next = Twinline versucht es weiter. Bleibt es so, fragen Sie, wer das Relay betreibt, ob es läuft.
invitation-relay-line = Ob das Netz der anderen Seite das Relay erreicht, kann Twinline von hier nicht sehen. Beim Annehmen sagt es Twinline dort.
invitation-listening = Dieser Computer antwortet unter { $address }.
invitation-not-listening = Dieser Computer antwortet nicht unter { $address }.
invitation-not-listening-next = Prüfen Sie die Adresse in den Einstellungen und ob ein anderes Programm den Port verwendet. Twinline sieht von selbst wieder nach.
invitation-look-again = Erneut nachsehen
invitation-reach-line = Ob das Netz der anderen Seite ihn erreicht, kann Twinline von hier nicht sehen. Wenn nicht, bitten Sie Ihre IT um eine Adresse, die hierher führt, oder lassen Sie den Partner initiieren.
invitation-what = Auswählen, was abgeglichen wird
invitation-cancel = Diese Einladung zurückziehen

## Window: wizard Accept invitation

wizard-accept = Einladung annehmen
accept-title = Fügen Sie den Einladungscode ein, den Ihr Partner Ihnen gesendet hat
accept-field = Einladungscode
accept-linked = Diesen Code brachte ein Link. Nichts geschieht, bevor Sie ihn annehmen.
accept-hint = Sie können die ganze Nachricht einfügen. Leerzeichen und Zeilenumbrüche schaden nicht.
accept-reading = Der Code wird gelesen …
accept-from = Von { $partner }
accept-project = Projekt { $project }
accept-mode = Modus { $mode }
accept-until = bis { $until }
accept-calls = Dieser Computer verbindet sich mit { $address }
accept-meets = Dieser Computer trifft den anderen beim Relay { $address }
accept-project-title = Ihre Seite
accept-share = Sie teilen
accept-share-line = Aus neuen Vorgängen in { $project }:
accept-share-unchosen = Aus neuen Vorgängen in dem Projekt, das Sie wählen:
accept-receive = Sie erhalten
accept-receive-line = Dasselbe, als neue Vorgänge in { $project }:
accept-receive-unchosen = Dasselbe, als neue Vorgänge in dem Projekt, das Sie wählen:
accept-submit = Annehmen und verbinden
accept-decline = Ablehnen
accept-working = Verbindung mit { $partner } …
accept-missing = Fügen Sie zuerst einen Einladungscode ein.
accept-ask-copy = Nachricht an { $partner } kopieren
accept-ask-copied = Die Nachricht ist kopiert. Fügen Sie sie in eine E-Mail oder einen Chat an { $partner } ein.
accept-ask-text =
    Guten Tag { $name },

    Ihre Einladung, unsere Jira-Projekte zu verbinden, { $why ->
        [used] wurde schon verwendet, und sie gilt einmal
        [withdrawn] wurde zurückgezogen
        [declined] wurde abgelehnt
       *[expired] ist abgelaufen
    }. Könnten Sie in Twinline mit „Verbindung initiieren“ eine neue erstellen und mir senden?

    Vielen Dank.
accept-waiting-title = Wartet auf { $partner }
accept-waiting-line = { $partner } muss noch freigeben. Sie brauchen hier nicht zu warten: Der Abgleich beginnt von selbst.
accept-compare = Wenn Sie Gewissheit möchten, vergleichen Sie diese Zahl am Telefon mit { $partner }:
accept-connected-title = Verbunden mit { $partner }
accept-connected-line = Neue Vorgänge in { $project } werden ab jetzt abgeglichen.
accept-kept = Der Code ist gespeichert. Twinline versucht es von selbst weiter.
accept-to-connection = Verbindung anzeigen
accept-declined-title = Sie haben abgelehnt
accept-declined-line = { $partner } weiß es. Der Code gilt nicht mehr. Wenn Sie sich doch verbinden möchten, bitten Sie dort um einen neuen.
ask-decline-title = Einladung von { $partner } ablehnen?
ask-decline-line = Dem Twinline dort wird mitgeteilt, dass sie abgelehnt wurde, und nichts über Sie. Der Code gilt danach nicht mehr.
ask-decline-yes = Ablehnen
ask-decline-no = Zurück

## Window: two projects in this app

local-wizard = Beide Projekte sind in dieser App
local-title-projects = Welche zwei Projekte gehören zusammen?
local-lead = Twinline gleicht sie auf diesem Computer ab. Code, Adresse und Partner sind nicht nötig.
local-from = Erstes Projekt
local-to = Anderes Projekt
local-taken = Auf der anderen Seite gewählt
local-choose = Wählen Sie auf jeder Seite ein Projekt.
local-title-review = Was jede Seite sieht
local-sees = In { $other } ist zu sehen
local-sees-line = Aus neuen Vorgängen in { $project }:
local-comments = Alle Kommentare abgeglichener Vorgänge erscheinen auch im anderen Projekt, und zwar öffentlich. Nur solche für eine Rolle oder Gruppe bleiben, wo sie sind.
local-comments-service = Kommentare abgeglichener Vorgänge erscheinen auch im anderen Projekt, und zwar öffentlich. Interne eines Serviceprojekts nur, wenn Sie das einschalten; solche für eine Rolle oder Gruppe bleiben, wo sie sind.
local-existing = Auch bestehende Vorgänge
local-existing-line = { $n ->
    [0] { $project } hat noch keine Vorgänge.
    [one] { $project } hat schon 1 Vorgang. Er bleibt unberührt, solange das aus ist.
   *[other] { $project } hat schon { $n } Vorgänge. Sie bleiben unberührt, solange das aus ist.
  }
local-existing-on = { $n ->
    [one] 1 bestehender Vorgang von { $project } wird auch in { $other } angelegt.
   *[other] { $n } bestehende Vorgänge von { $project } werden auch in { $other } angelegt.
  }
local-internal = Auch interne Kommentare
local-internal-off = { $project } ist ein Serviceprojekt. Aus: Was dort intern geschrieben wird, bleibt dort.
local-internal-on = Wer den Vorgang in { $other } sieht, kann lesen, was in { $project } intern geschrieben wurde.
local-submit = Verbinden
local-working = Die zwei Projekte werden verbunden …
local-title-done = { $from } und { $to } sind verbunden
local-done = Neue Vorgänge beider Projekte werden von jetzt an abgeglichen. Niemand muss etwas annehmen.
local-done-what = Welche Vorgänge abgeglichen werden, lässt sich auf jeder Seite unter „Was abgeglichen wird“ eingrenzen.

## Window: connection

detail-back = Verbindungen
detail-tabs = Über diese Verbindung
detail-overview = Überblick
detail-issues = Vorgänge
detail-what = Was abgeglichen wird
detail-attention = Handlungsbedarf
detail-rules = Regeln
detail-your-side = Ihre Seite
detail-partner-side = Seite des Partners
detail-read = Ihr Jira wurde { $when } geprüft
detail-read-never = Ihr Jira wurde noch nicht geprüft
detail-next = Nächste Prüfung in { $n } s
detail-next-minutes = Nächste Prüfung in { $n } min
detail-next-now = Nächste Prüfung jetzt
detail-called = Zuletzt gemeldet: { $when }
detail-called-never = Noch nicht gemeldet
detail-waiting-out = { $n } noch zu senden
detail-waiting-in = { $n } noch zu empfangen
detail-local = Beide Projekte sind in dieser App. Das ist die Seite von { $project }.
detail-local-other = Seite von { $project } anzeigen
detail-activity = Aktivität
day-title = Letzte 24 Stunden
day-summary = { $changes ->
    [0] Nichts übertragen
    [one] 1 Änderung
   *[other] { $changes } Änderungen
  }, { $problems ->
    [0] keine Probleme
    [one] 1 Problem
   *[other] { $problems } Probleme
  }
day-table = Als Tabelle anzeigen
day-strip = Als Bild anzeigen
day-hour = Stunde
day-in = Von { $partner }
day-out = An { $partner }
day-quiet = In den anderen Stunden wurde nichts übertragen.
detail-search = Vorgänge suchen
detail-no-pairs = Noch kein Vorgang abgeglichen
detail-no-pairs-line = Vorgänge, die ab jetzt in { $project } erstellt werden, erscheinen hier mit ihrem Zwilling.
detail-connect = Zwei vorhandene Vorgänge verbinden …
detail-connect-older = { $partner } verwendet eine ältere Version von Twinline, die darauf nicht antworten kann. Fragen Sie, sobald dort aktualisiert wurde.
detail-no-match = Kein abgeglichener Vorgang passt zu „{ $search }“.
detail-ours = Ihr Vorgang
detail-theirs = Zwilling
detail-summary = Zusammen{ "\u00AD" }fassung
detail-state = Status
detail-changed = Letzte Änderung
detail-from-them = kam von { $partner }
detail-from-us = kam von Ihnen
detail-restricted-comments = { $n ->
    [one] 1 Kommentar bleibt in { $site }: Nicht alle dürfen ihn lesen, oder Ihre Regeln halten ihn
   *[other] { $n } Kommentare bleiben in { $site }: Nicht alle dürfen sie lesen, oder Ihre Regeln halten sie
  }
detail-open = { $key } in Jira öffnen
detail-no-problems = Hier braucht Sie nichts
facts-mode = Abgleichregeln
facts-rules = Anzeigen
facts-partner = Partner
facts-way = Wie beide Seiten zueinander finden
facts-called = { $partner } verbindet sich mit diesem Computer unter { $address }.
facts-calls = Dieser Computer verbindet sich mit { $partner } unter { $address }.
facts-relay = Beide Computer treffen sich beim Relay { $address }.
facts-comments = Kommentare
internal-off = Nur Serviceprojekte haben interne Kommentare. Aus: Was Ihr Team intern schreibt, bleibt hier.
internal-leaving = Interne Kommentare werden ab jetzt geteilt, auch früher geschriebene.
internal-staying = Interne Kommentare bleiben hier. Wo { $partner } schon einen hat, steht statt des Textes ein Hinweis.
ask-internal-title = Interne Kommentare mit { $partner } teilen?
ask-internal-line = Alle internen Kommentare an abgeglichenen Vorgängen in { $project } werden bei { $partner } zu öffentlichen Kommentaren, auch früher geschriebene. Wer den Vorgang dort sieht, kann sie lesen.
ask-internal-yes = Teilen
ask-internal-no = Hier behalten
detail-actions = Weitere Aktionen
detail-pairs-count = { $n ->
    [one] 1 Vorgang im Abgleich
   *[other] { $n } Vorgänge im Abgleich
  }
issue-menu = Aktionen für { $issue }
issue-reading = { $issue } wird jetzt geprüft
issue-stop = Diesen Vorgang nicht mehr abgleichen
issue-stopped = { $issue } wird nicht mehr abgeglichen. Beide Vorgänge bleiben
ask-stop-title = { $issue } nicht mehr abgleichen?
ask-stop-line = Beide Vorgänge bleiben. Was sich ab jetzt ändert, bleibt auf seiner Seite; { $partner } erfährt davon. Er lässt sich nicht wieder aufnehmen: Um weiterzumachen, klonen Sie ihn in Jira und fügen den Klon hinzu. Um alles eine Weile anzuhalten, pausieren Sie die Verbindung.
ask-stop-yes = Nicht mehr abgleichen
ask-stop-no = Weiter abgleichen

detail-compared = Zuletzt wurden beide Seiten verglichen: { $when }. Dabei stimmten sie bei jedem Vorgang überein.
detail-compare = Jetzt vergleichen
detail-comparing = Beide Seiten werden jetzt verglichen.
detail-compared-again = Beide Seiten wurden gerade verglichen. Sie stimmen bei jedem Vorgang überein.
detail-healed = { $n ->
    [one] Bisher 1 Abweichung behoben.
   *[other] Bisher { $n } Abweichungen behoben.
  }

## Window: sync rules

rules-title = Abgleichregeln
rules-outgoing = Was { $company } verlässt
rules-outgoing-unnamed = Was von hier hinausgeht
rules-incoming = Was hier geschrieben wird
rules-directions = Welche Regeln
rules-basic-title = Basic-Modus: wir wählen die Regeln
rules-basic-line = Die Regeln sind vorgegeben, niemand bearbeitet sie.
rules-basic-both = Was in beide Richtungen abgeglichen wird:
rules-basic-type = Aus einem Typ, den das andere Projekt nicht hat, wird dessen Standardtyp oder Task.
rules-as-text = Dieselben Regeln als Text
rules-as-text-line = Genau das tut der Basic-Modus. Im Script-Modus können Sie es ändern.
rules-upgrade = In den Script-Modus wechseln …
ask-upgrade-title = Eigene Regeln für { $partner } schreiben?
ask-upgrade-same = Die Regeln bleiben genau gleich, bis Sie sie ändern.
ask-upgrade-partner = Bei { $partner } ändert sich nichts: Die andere Seite hat eigene Regeln.
ask-upgrade-back = Zurück zum Basic-Modus führt kein Weg. Aber jede Version der Regeln wird aufbewahrt, auch die erste.
ask-upgrade-yes = Wechseln
ask-upgrade-no = Bei Basic bleiben
rules-upgraded = Die Verbindung zu { $partner } ist im Script-Modus. Ihre Regeln sind dieselben wie bisher.
rules-in-force = Script-Modus, Version { $n } ist in Kraft
rules-editor = { $title }: Regeln
rules-keys = Tab rückt ein. Mit Esc und dann Tab verlassen Sie den Editor. Strg+Leertaste zeigt, was hier stehen kann, Strg+S speichert.
rules-completions = Vorschläge
rules-selection-deleted = Gelöscht
rules-control-character = Unsichtbares Zeichen
rules-faults = { $n ->
    [one] 1 Fehler
   *[other] { $n } Fehler
}
rules-go-to-line = Zu Zeile { $line }
rules-try = An echten Vorgängen testen
rules-try-line = Der Test liest die neuesten Vorgänge und zeigt, was sich ändern würde. Er schreibt nichts, weder hier noch bei { $partner }.
rules-nothing-to-save = Es wurde nichts geändert.
rules-faults-first = Die Regeln lassen sich speichern, sobald die Fehler behoben sind.
rules-decide-first = Wählen Sie zuerst, was aus der anderen Version wird.
rules-saved = Gespeichert. Version { $n } ist in Kraft.
rules-unsaved = Sie haben ungespeicherte Änderungen.
rules-unsaved-line = Sie bleiben in diesem Fenster, bis Sie sie speichern.
rules-discard = Verwerfen …
ask-discard-title = Verwerfen, was Sie geschrieben haben?
ask-discard-line = Die Regeln werden wie in Version { $n } angezeigt. Was Sie seither geschrieben haben, lässt sich nicht zurückholen.
ask-discard-yes = Verwerfen
ask-discard-no = Weiter schreiben
rules-overtaken = Version { $n } wurde gespeichert, während Sie daran arbeiteten.
rules-overtaken-by = { $by } hat Version { $n } gespeichert, während Sie daran arbeiteten ({ $when }).
rules-overtaken-line = Was Sie geschrieben haben, steht noch hier und ist nicht in Kraft.
rules-look-at = Mit Version { $n } vergleichen
rules-difference-mine = Was Ihr Text an Version { $n } ändern würde:
rules-keep-mine = Mit meinem Text weitermachen
rules-take-other = Version { $n } übernehmen …
rules-tried = { $n ->
    [one] Mit 1 Vorgang getestet. Es wurde nichts geschrieben.
   *[other] Mit { $n } Vorgängen getestet. Es wurde nichts geschrieben.
}
rules-trial-title = Was diese Regeln ändern würden
rules-trial-line = { $n ->
    [one] Mit dem neuesten Vorgang getestet. Es wurde nichts geschrieben.
   *[other] Mit den neuesten { $n } Vorgängen getestet. Es wurde nichts geschrieben.
}
rules-trial-stale = Sie haben die Regeln seither geändert.
rules-trial-no-issues = Es gibt keinen Vorgang, an dem sie sich testen lassen
rules-trial-no-issues-line = Regeln lassen sich testen, sobald der erste Vorgang abgeglichen ist.
rules-trial-nothing = { $n ->
    [one] Diese Regeln würden am neuesten Vorgang nichts ändern
   *[other] Diese Regeln würden an den neuesten { $n } Vorgängen nichts ändern
}
rules-trial-nothing-line = Was sie an anderen Vorgängen tun, wurde nicht getestet.
rules-trial-others = { $n ->
    [one] 1 anderer Vorgang bleibt, wie er ist.
   *[other] { $n } andere Vorgänge bleiben, wie sie sind.
}
rules-would-stop = Die Regeln würden bei diesem Vorgang stehen bleiben.
rules-to = Zu { $partner }
rules-here = Hier geschrieben
rules-part-issue = Der ganze Vorgang
rules-part-summary = Zusammenfassung
rules-part-description = Beschreibung
rules-part-type = Vorgangstyp
rules-part-field = { $name ->
    [labels] Stichwörter
    [priority] Priorität
    [status] Status
   *[other] { $name }
}
rules-part-comment = { $named ->
    [yes] Kommentar von { $name }
   *[no] Kommentar
}
rules-part-attachment = { $named ->
    [yes] Anhang { $name }
   *[no] Anhang
}
rules-now = Jetzt
rules-then = Mit diesen Regeln
rules-only-now = nur jetzt:
rules-only-then = nur mit diesen Regeln:
rules-stays = (bleibt hier)
rules-travels = (geht hinaus)
rules-not-written = (wird nicht geschrieben)
rules-at-once = sobald Sie speichern
rules-with-next = mit der nächsten Änderung des Vorgangs
rules-with-next-here = mit der nächsten Änderung, die eintrifft
rules-versions = Versionen
rules-versions-line = Nichts geht verloren: Eine frühere Version lässt sich jederzeit zurückholen.
rules-version = Version { $n }
rules-version-in-force = in Kraft
rules-brings-back = hat Version { $n } zurückgeholt
rules-difference = Unterschied anzeigen
rules-difference-version = Unterschied anzeigen: Version { $n }
rules-difference-line = Von Version { $now }, die in Kraft ist, zu Version { $n }:
rules-difference-of = Unterschiede: { $title }
rules-no-difference = Beide Versionen sagen dasselbe.
rules-lines-equal = { $n } gleiche Zeilen
rules-line-new = neu:
rules-line-gone = entfallen:
rules-bring-back = Zurückholen
rules-bring-back-version = Zurückholen: Version { $n }
rules-brought-back = Version { $old } ist wieder in Kraft, als Version { $n }.
## Window: what to sync

what-title = Welche Vorgänge aus { $project } gesendet werden
what-lead = Hier geht es um das, was Ihre Seite verlässt. Was hier ankommt, wählt Ihr Partner.
what-sentence = Als Satz
what-jql = Erweiterter Filter (JQL)
what-jql-hint = Leer: alle Vorgänge von { $project }.
what-jql-only = Dieser Filter sagt mehr, als ein Satz kann.
what-all = Alle. Mit einer Bedingung werden nur einige abgeglichen.
what-condition = Bedingung { $n }
what-where = wenn
what-and = und
what-asked = Wonach gefragt wird
what-field = { $field ->
    [type] Vorgangstyp
    [status] Status
    [label] Stichwort
    [component] Komponente
    [assignee] zugewiesen an
   *[created] angelegt
  }
what-way = Wie
what-is = { $way ->
    [is] ist
    [not] ist nicht
    [after] am oder nach dem
   *[before] vor dem
  }
what-value = Wert
what-suggested = Vorschläge von Jira
what-drop = Bedingung { $n } entfernen
what-more = Bedingung hinzufügen
what-older = { $n ->
    [0] Auch ältere Vorgänge
    [one] Auch den einen älteren, der passt
   *[other] Auch die { $n } älteren
  }
what-older-off = Aus: Was vor dieser Verbindung angelegt wurde, bleibt hier.
what-older-on = Ein: Was vor dieser Verbindung angelegt wurde, wird auch abgeglichen.
what-unfinished = Wählen Sie für jede Bedingung einen Wert, um zu sehen, was passt.
what-counting = Wird gezählt …
what-count = { $n ->
    [0] Jetzt passt kein Vorgang
    [one] Jetzt passt 1 Vorgang
   *[other] Jetzt passen { $n } Vorgänge
  }
what-part = { $standing ->
    [synced] { $n } abgeglichen
    [coming] { $n } noch nicht abgeglichen
    [older] { $n } älter
   *[left] { $n } beendet oder von einem anderen Partner
  }
match-synced = abgeglichen
match-coming = noch nicht
match-older = älter
match-left = bleibt, wie er ist
what-preview = Die neuesten { $n }, die passen
what-first = Die neuesten { $n } werden gezeigt.
what-stays = Ein Vorgang, der nicht mehr passt, wird weiter abgeglichen, bis jemand es beendet.
what-save = { $n ->
    [0] Speichern
    [one] Speichern und 1 Vorgang abgleichen
   *[other] Speichern und { $n } Vorgänge abgleichen
  }
what-saved = Gespeichert. Was passt, wird ab jetzt abgeglichen.
what-discard = Änderungen verwerfen
what-add-title = Einen einzelnen Vorgang hinzufügen
what-add-key = Schlüssel des Vorgangs
what-add-hint = Auch einen, der nicht passt oder älter ist. Seine Adresse in Jira genügt.
what-add-missing = Geben Sie einen Schlüssel ein, etwa SUP-17.
what-add-yes = Hinzufügen
what-added = { $issue } wird ab jetzt mit { $partner } abgeglichen.

## Window: two issues that exist already

connect-title = Zwei vorhandene Vorgänge verbinden
connect-lead = Ein Vorgang von Ihnen und einer von { $partner }, in denen es um dasselbe geht, werden ein Paar. { $partner } wird zuerst gefragt.
connect-lead-local = Ein Vorgang aus { $project } und einer von { $partner }, in denen es um dasselbe geht, werden ein Paar. Beide Projekte sind in dieser App: Niemand muss gefragt werden.
connect-ours = Ihr Vorgang
connect-ours-hint = Sein Schlüssel oder seine Adresse in Jira. Es ist ein Vorgang aus { $project }.
connect-theirs = Vorgang von { $partner }
connect-theirs-hint = Sein Schlüssel, wie { $partner } ihn nennt, oder seine Adresse in Jira.
connect-missing-ours = Geben Sie einen Schlüssel ein, etwa { $project }-17.
connect-missing-theirs = Geben Sie einen Schlüssel ein, etwa GX-42.
connect-next = Weiter
connect-preview = Bevor Sie { $partner } fragen
connect-preview-local = Bevor Sie die beiden verbinden
connect-learns = Das liest { $partner } vor der Antwort
connect-learns-key = Auch die Adresse von { $issue }. Mehr davon geht vor einem Ja nicht hinaus.
connect-told = „{ $title }“
connect-kept = Ihre Regeln behalten die Zusammenfassung hier.
connect-on-yes = Wenn { $partner } zustimmt
connect-on-yes-local = Ab dann
connect-becomes = { $ours } und { $theirs } werden ein Paar und werden abgeglichen. Es entsteht kein neuer Vorgang.
connect-texts = Wo sich die beiden unterscheiden, steht danach ein Text auf beiden Seiten. Twinline wählt, welcher. Der andere bleibt erhalten: Die Liste der Vorgänge zeigt beide, und dort können Sie ihn wählen.
connect-comments = Kommentare und Dateien, die alle sehen dürfen, auch frühere, stehen danach auf beiden Seiten. Wer den anderen Vorgang sieht, kann sie lesen.
connect-comments-internal = Kommentare und Dateien, die alle sehen dürfen, auch frühere und Ihre internen Kommentare, stehen danach auf beiden Seiten. Wer den anderen Vorgang sieht, kann sie lesen.
connect-back-out = Rückgängig machen lässt sich das nicht: Der Abgleich kann beendet werden, aber was hinübergegangen ist, bleibt.
connect-on-no = Bei einem Nein ändert sich auf keiner Seite etwas.
connect-ask = { $partner } fragen
connect-do = Verbinden
connect-asked = { $partner } wird zu { $ours } und { $theirs } gefragt.
connect-made = { $ours } und { $theirs } werden verbunden.
connect-not-yet = { $partner } wird noch nicht zu { $ours } und { $theirs } gefragt.
connect-not-yet-local = { $ours } und { $theirs } sind noch nicht verbunden.
connect-paused = { $by ->
    [hours] Außerhalb der Arbeitszeit wird nichts gesendet. Die Frage geht hinaus, sobald die Arbeitszeit beginnt.
   *[other] Die Verbindung ist pausiert. Die Frage geht hinaus, sobald die Verbindung fortgesetzt wird.
  }
connect-paused-local = { $by ->
    [hours] Außerhalb der Arbeitszeit wird nichts abgeglichen. Die beiden werden verbunden, sobald die Arbeitszeit beginnt.
   *[other] Die Verbindung ist pausiert. Die beiden werden verbunden, sobald die Verbindung fortgesetzt wird.
  }
questions-paused = { $by ->
    [hours] Außerhalb der Arbeitszeit wird nichts gesendet. Fragen und Antworten gehen hinaus, sobald die Arbeitszeit beginnt.
   *[other] Die Verbindung ist pausiert. Fragen und Antworten gehen hinaus, sobald die Verbindung fortgesetzt wird.
  }
questions-title = Fragen an { $partner }
questions-state = { $state ->
    [waiting_for_partner] Wartet auf Partner
    [needs_update] Geht hinaus, sobald aktualisiert wurde
    [declined] Abgelehnt
   *[unavailable] Kann nicht verbunden werden
  }
questions-since = seit { $when }
questions-withdraw = Zurückziehen
questions-withdraw-of = Die Frage zu { $ours } und { $theirs } zurückziehen
questions-withdraw-title = Die Frage zu { $ours } und { $theirs } zurückziehen?
questions-withdraw-line = { $partner } muss nicht mehr antworten. Beide Vorgänge bleiben, wie sie sind, und Sie können neu fragen.
questions-withdraw-no = Stehen lassen
questions-withdrawn = Die Frage zu { $ours } und { $theirs } ist zurückgezogen.
questions-drop = Entfernen
questions-drop-of = Die Antwort zu { $ours } und { $theirs } aus der Liste entfernen
questions-dropped = Die Antwort zu { $ours } und { $theirs } steht nicht mehr in der Liste.
questions-more = { $n ->
    [one] 1 weitere anzeigen
   *[other] { $n } weitere anzeigen
  }

## Window: two texts of one issue

conflict-field = { $field ->
    [summary] Zusammenfassung
    [description] Beschreibung
    [issuetype] Typ
    [labels] Stichwörter
    [priority] Priorität
    [status] Status
   *[other] { $field }
  }
conflict-mark = { $n ->
    [one] 1 Textpaar zu vergleichen
   *[other] { $n } Textpaare zu vergleichen
  }
conflict-mark-of = { $mark }: { $issue }
conflict-earlier = Frühere Texte
conflict-earlier-of = Frühere Texte von { $issue }
conflict-title = Beide Texte von { $issue }
conflict-lead = Sie und { $partner } haben denselben Text zur gleichen Zeit geändert. Einer steht in beiden Vorgängen; der andere wird hier aufbewahrt.
conflict-close = Schließen
conflict-heading = { $field } · { $when }
conflict-ours = { $company } schrieb
conflict-ours-unnamed = Ihre Seite schrieb
conflict-theirs = { $partner } schrieb
conflict-stands = Gilt jetzt
conflict-neither = Seither wurde ein anderer Text geschrieben. Er steht in beiden Vorgängen; diese beiden werden hier aufbewahrt.
conflict-empty-text = (leer)
conflict-same-words = Die Wörter sind gleich: Die beiden Texte unterscheiden sich nur in der Formatierung.
conflict-too-long = Diese Texte sind zu verschieden, um jede Änderung zu markieren.
conflict-text-of = { $field } von { $company }
conflict-use = Diesen Text verwenden
conflict-use-of = Diesen Text verwenden, den von { $company }
conflict-use-ask = Beide Vorgänge zeigen dann diesen Text. Der andere bleibt hier aufbewahrt.
conflict-use-ask-neither = Beide Vorgänge zeigen dann diesen Text anstelle dessen, was jetzt dort steht. Der andere bleibt hier aufbewahrt.
conflict-use-yes = Auf beiden Seiten verwenden
conflict-use-no = Zurück
conflict-keep = So lassen
conflict-used = { $issue } zeigt diesen Text dann auf beiden Seiten.
conflict-kept = Alles bleibt, wie es ist. Beide Texte sind hier jederzeit zu lesen.
conflict-settled = Angesehen
conflict-unlinked = { $issue } wird nicht mehr abgeglichen. Beide Texte lassen sich lesen und kopieren, aber nicht von hier aus verwenden.
conflict-none = Es gibt keine Texte zu vergleichen.

## Window: an issue and its twin, side by side

beside-open = Vergleichen
beside-open-of = { $issue } mit dem Zwilling vergleichen
beside-title = { $ours } und { $theirs }
beside-title-alone = { $issue } und der Zwilling
beside-back = Vorgänge
beside-read = Wie es jetzt in Jira steht
beside-stored = Wie zuletzt gelesen, { $when }
beside-never = Noch nicht gelesen
beside-told = Wie zuletzt gemeldet, { $when }
beside-untold = Noch nichts gemeldet
beside-again = Neu lesen
beside-records = Auf beiden Seiten zugleich geändert
beside-comments = { $n ->
    [0] Keine Kommentare
    [one] 1 Kommentar
   *[other] { $n } Kommentare
  }
beside-files = { $n ->
    [0] Keine Dateien
    [one] 1 Datei
   *[other] { $n } Dateien
  }
beside-alike = { $n ->
    [one] 1, das auf beiden Seiten gleich ist
   *[other] { $n }, die auf beiden Seiten gleich sind
  }
beside-left-out = { $n ->
    [one] 1 weiteres Zeichen steht hier nicht.
   *[other] { $n } weitere Zeichen stehen hier nicht.
  }
beside-counted = { $n ->
    [one] Ein älteres ist mitgezählt und steht hier nicht.
   *[other] { $n } ältere sind mitgezählt und stehen hier nicht.
  }
beside-absent = (nicht vorhanden)
beside-unknown = (hier nicht bekannt)
beside-text-of = { $what } bei { $company }
beside-only = nur bei { $company }:
beside-by = { $author } bei { $company }

## Window: activity

activity-title = Aktivität
activity-empty = Noch wurde nichts übertragen
activity-empty-line = Jede Änderung, die zu einem Partner geht oder von ihm kommt, erscheint hier.
activity-in = von { $partner }
activity-out = an { $partner }
activity-today = Heute

## Window: needs attention

attention-title = Handlungsbedarf
attention-empty = Kein Handlungsbedarf
attention-empty-checked = Zuletzt geprüft: { $when }.
attention-empty-line = Falls doch, steht hier, was geschehen ist, wer am Zug ist, und ein Knopf dazu.
attention-since = begann { $when }
attention-times = { $n }-mal
attention-left-out = { $n ->
    [one] 1 übersprungen
   *[other] { $n } übersprungen
}
attention-rest = Alles andere wird weiter abgeglichen.
attention-causes = { $n ->
    [one] 1 Ursache
   *[other] { $n } Ursachen
}
attention-retry-all = Alle { $n } erneut versuchen
attention-again = Neu anlegen
attention-again-all = Alle { $n } neu anlegen
attention-again-of = Neu anlegen: { $issue }
attention-again-asked = { $partner } wird danach gefragt. Es wird neu angelegt, sobald es da ist.
attention-stop = Diesen Vorgang nicht mehr abgleichen
attention-stop-all = Diese { $n } nicht mehr abgleichen
attention-stop-of = Diesen Vorgang nicht mehr abgleichen: { $issue }
attention-request = Bitte an die Administration kopieren
attention-reminder = Erinnerung kopieren
attention-request-copied = Die Bitte ist kopiert. Fügen Sie sie in eine E-Mail oder einen Chat an Ihre Jira-Administration ein.
attention-reminder-copied = Die Erinnerung ist kopiert. Fügen Sie sie in eine E-Mail oder einen Chat an { $partner } ein.
attention-retry-of = Erneut versuchen: { $issue }
attention-skip-all = Diese { $n } überspringen
attention-skip-of = Überspringen: { $issue }
attention-show-issues = Vorgänge anzeigen
attention-shown = { $shown } von { $of }
attention-give-up = Überspringen: endgültig weg
attention-give-up-title = Fehlende Vorgänge nicht mehr abgleichen?
attention-give-up-line = Die Vorgänge, die nicht mehr da sind, werden nicht mehr abgeglichen. Ihre Zwillinge beim Partner bleiben. Das lässt sich nicht rückgängig machen.
attention-given-up = Was fehlt, wird nicht mehr abgeglichen.
attention-settings = Einstellungen öffnen
attention-connection = Verbindung öffnen
attention-edit-rules = Regeln bearbeiten
undo = Rückgängig
details-copy = Details kopieren
details-copy-all = Alle Details kopieren
details-copied = Die Details sind kopiert.
details-head = Twinline { $version }, { $time }
details-partner = Partner: { $partner }
details-issues = Vorgänge: { $issues }
details-since = Seit: { $since }
details-code = Code: { $code } ({ $turn })
details-connection = Verbindung: { $connection }
attention-sign-in = Erneut anmelden
attention-connect = Verbinden
attention-do-not-connect = Nicht verbinden
attention-connected = Die beiden werden verbunden, sobald der Computer von { $partner } es erfahren hat
attention-not-connected = { $partner } erfährt, dass sie nicht verbunden werden
attention-take-over = Diesen Computer übernehmen lassen
attention-taking-over = Dieser Computer übernimmt, sobald der Partner davon erfahren hat.
attention-fill = Wert wählen
fill-choose = Wählen …
fill-search = Suchen
fill-search-in = Werte von { $field } suchen
fill-count = { $n ->
    [0] Kein Wert passt
    [one] Ein Wert
   *[other] { $n } Werte
}
fill-missing = Wählen Sie einen Wert für { $field }.
fill-now = Bisher gewählt: { $value }
fill-for = Für
fill-for-several = Der Wert gilt für alle abgeglichenen Vorgänge dieses Typs, auch künftige.
fill-scope-all = Alle abgeglichenen Vorgänge dieses Typs, auch künftige
fill-scope-one = Nur { $issue }
fill-scope-one-unnamed = Nur diesen Vorgang
fill-allowed-line = Schreiben Sie eine Zeile Text.
fill-allowed-text = Schreiben Sie einen Text mit höchstens 30.000 Zeichen.
fill-allowed-number = Schreiben Sie eine Zahl mit Punkt, etwa 12 oder 2.5.
fill-allowed-date = Schreiben Sie einen Tag als Jahr-Monat-Tag, etwa 2026-12-31.
fill-allowed-other = Es lässt sich nur in Jira ausfüllen.
fill-submit = Ausfüllen und fortfahren
fill-done = Gewählt. Was wartete, geht weiter.
attention-retried = Es wird erneut versucht.
attention-skipped = { $n ->
    [one] 1 Vorgang wird übersprungen.
   *[other] { $n } Vorgänge werden übersprungen.
}
attention-skipped-issue = { $issue } wird übersprungen.
attention-unskipped = Zurückgenommen. Es wartet auf Sie wie zuvor.

## Window: Jira accounts

accounts-title = Jira-Konten
accounts-add = Konto hinzufügen
accounts-signed-in = Angemeldet
accounts-signed-out = Erneut anmelden
accounts-used = { $n ->
    [0] nicht verwendet
    [one] von 1 Verbindung verwendet
   *[other] von { $n } Verbindungen verwendet
  }
accounts-projects = { $n ->
    [one] 1 Projekt
   *[other] { $n } Projekte
  }
accounts-slowed = { $n ->
    [one] Jira bat einmal um weniger Aufrufe.
   *[other] Jira bat { $n }-mal um weniger Aufrufe.
  }
accounts-again = Erneut anmelden
accounts-remove = Entfernen
accounts-more = Mehr zu { $site }
accounts-remove-title = Anmeldung bei { $site } entfernen?
accounts-remove-line = Twinline vergisst die Anmeldung. In Ihrem Jira ändert sich nichts.
accounts-remove-yes = Entfernen
accounts-remove-no = Behalten
accounts-removed = Die Anmeldung bei { $site } wurde entfernt.
accounts-in-use = Entfernen Sie zuerst die Verbindungen, die es verwenden.
accounts-used-by = Es wird von diesen Verbindungen verwendet. Entfernen Sie sie zuerst.

## Window: settings

settings-title = Einstellungen
settings-company = Name der Firma
settings-company-hint = Partner sehen ihn in Ihren Einladungen.
settings-address = Adresse dieses Computers
settings-address-hint = Wo Partner diesen Computer erreichen, etwa https://sync.example.com:7700
settings-suggested = Vorschlag: { $address }
settings-general = Gegenüber Partnern
settings-language-title = Diese App
settings-language = Sprache
settings-language-hint = Für Fenster, Tray-Menü und Benachrichtigungen. Was Twinline in Jira schreibt, ist immer Englisch.
settings-language-system = Wie das System
settings-language-en = English
settings-language-de = Deutsch
settings-notify-title = Benachrichtigungen
settings-notify-connected = Ein Partner hat angenommen, oder ein erster Abgleich ist fertig
settings-notify-attention = Es besteht Handlungsbedarf
settings-notify-partner = Ein Partner hat abgelehnt, pausiert oder die Verbindung beendet
settings-notify-hint = Höchstens eine jeder Art in der Stunde, und keine zu einzelnen Vorgängen.
settings-pace-title = Abgleich
settings-pace-every = Jira auf Änderungen prüfen
settings-pace-10s = Alle 10 Sekunden
settings-pace-15s = Alle 15 Sekunden
settings-pace-30s = Alle 30 Sekunden
settings-pace-1m = Jede Minute
settings-pace-5m = Alle 5 Minuten
settings-pace-every-hint = Ihre Partner erfahren das, damit sich niemand wundert, wenn es etwas dauert.
settings-pace-hours = Nur während der Arbeitszeit
settings-pace-hours-line = Zu anderen Zeiten wird nichts geprüft und nichts gesendet. Ihre Partner erfahren, bis wann, und nichts geht verloren.
settings-pace-days = Tage
settings-pace-mon = Mo
settings-pace-tue = Di
settings-pace-wed = Mi
settings-pace-thu = Do
settings-pace-fri = Fr
settings-pace-sat = Sa
settings-pace-sun = So
settings-pace-from = Von
settings-pace-to = Bis
settings-pace-overnight = Bis dahin am nächsten Tag.
settings-pace-battery = Im Akkubetrieb höchstens einmal in der Minute prüfen
settings-pace-battery-line = Solange dieser Computer nicht am Netz ist.
settings-pace-battery-unknown = Dieses System sagt Twinline nicht, ob der Computer am Netz ist. Daher ändert das hier nichts.
settings-pace-hours-lift = „Jetzt abgleichen“ gilt trotzdem für zehn Minuten, „Fortsetzen“, bis Ihre Arbeitszeit wieder beginnt.
settings-about = Über diesen Computer
settings-folder = Ort der Daten
settings-secrets = Anmeldungen und Schlüssel
settings-secrets-keychain = im Passwortspeicher dieses Computers
settings-secrets-file = in einer Datei, die nur Sie lesen können
settings-secrets-memory = nur im Arbeitsspeicher, bis Sie beenden
settings-version = Version
settings-saved = Die Einstellungen sind gespeichert.
settings-practice = Übung: Adressen dieses Computers selbst sind in Einladungen erlaubt.

## Window: start, window and look

general-title = Allgemein
general-start = Beim Anmelden starten
general-start-line = Ohne Fenster: Twinline ist im Infobereich und gleicht weiter ab.
general-tray = In den Infobereich schließen
general-tray-line = Ein geschlossenes Fenster lässt Twinline im Infobereich, und der Abgleich läuft weiter. Sonst beendet das Schließen Twinline.
general-tray-none = Dieser Desktop zeigt zurzeit keine Symbole im Infobereich. Das Schließen des Fensters beendet also Twinline und damit den Abgleich.
general-theme = Erscheinungsbild
general-theme-system = Wie das System
general-theme-light = Hell
general-theme-dark = Dunkel
palette-theme-system = Erscheinungsbild wie das System
palette-theme-light = Helles Erscheinungsbild
palette-theme-dark = Dunkles Erscheinungsbild

## Window: privacy and data

privacy-title = Datenschutz und Daten
privacy-size = Größe
privacy-retention = Aktivität aufbewahren
privacy-retention-week = 7 Tage
privacy-retention-month = 30 Tage
privacy-retention-quarter = 90 Tage
privacy-retention-forever = Immer
privacy-retention-hint = Was abgeglichen wurde, wie es unter Aktivität steht. Was älter ist, wird auf diesem Computer gelöscht; der Abgleich braucht es nicht, und in Jira ändert sich nichts.
privacy-export = Daten exportieren
privacy-export-hint = Verbindungen, Vorgänge mit ihren Zwillingen und Aktivität als eine JSON-Datei. Ohne Tokens und Schlüssel.
privacy-exported = Die Daten sind exportiert.
privacy-exported-as = Exportiert nach { $path }
privacy-delete = Alles löschen …
privacy-delete-hint = Twinline ist auf diesem Computer danach wie beim ersten Start. Vorher wird gefragt.
privacy-delete-ask = Alles auf diesem Computer löschen?
privacy-delete-lost = Das wird gelöscht und lässt sich nicht wiederherstellen:
privacy-delete-connections = alle Verbindungen; Ihre Partner erfahren, dass sie beendet sind
privacy-delete-accounts = Anmeldungen, API-Tokens und Schlüssel
privacy-delete-record = welcher Vorgang welchen Zwilling hat: Nach einer neuen Verbindung werden die heutigen Vorgänge nicht erkannt
privacy-delete-copies = Aktivität, Einstellungen, Protokolle, Sicherungen und Dateien, die unterwegs sind
privacy-delete-stays = Was in Jira steht, bleibt auf beiden Seiten: Vorgänge, Kommentare und Dateien.
privacy-delete-yes = Alles löschen
privacy-delete-no = Alles behalten
privacy-deleted = Alles ist gelöscht.
privacy-deleted-untold = Alles ist gelöscht. Nicht erreicht: { $partners }. Sagen Sie dort Bescheid, dass die Verbindung beendet ist.

## Window: diagnostics

diagnostics-open = Diagnose für den Support
diagnostics-title = Diagnose
diagnostics-what = Eine Datei, die hilft, einen Fehler zu finden. Lesen Sie sie hier, speichern Sie sie, und senden Sie sie selbst an die Person, die Ihnen hilft. Twinline sendet nichts.
diagnostics-without = Darin stehen keine Zusammenfassungen, Texte, Kommentare oder Dateinamen, keine Namen, E-Mail-Adressen, Sites oder Projekte und keine Tokens, Codes oder Schlüssel. Im Protokoll steht „…“ für das, was andere geschrieben haben; Zeilen fremder Bausteine sind nur gezählt.
diagnostics-files = Was darin steht
diagnostics-about = dieses Programm und dieser Computer
diagnostics-settings = was gewählt wurde, nicht was eingegeben wurde
diagnostics-status = wie alles steht
diagnostics-connections = jede Verbindung in Zahlen
diagnostics-problems = welche Arten von Problemen es gibt
diagnostics-database = Größen und Anzahlen
diagnostics-log = was Twinline vermerkt hat, Tag für Tag
diagnostics-save = Als Datei speichern
diagnostics-again = Neu zusammenstellen
diagnostics-saved = Die Diagnose ist gespeichert.
size-bytes = { $n } Byte
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB

## Rules of Script mode: what is wrong with them

script-fault-syntax = { $line ->
    [0] Die Regeln lassen sich nicht lesen: { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Das lässt sich nicht lesen ({ $detail }).
}
script-fault-unknown = { $line ->
    [0] Die Regeln nennen etwas, das es nicht gibt: { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Das gibt es nicht ({ $detail }).
}
script-fault-kind = { $line ->
    [0] Die Regeln verwenden einen Wert der falschen Art: { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Hier wird ein Wert anderer Art gebraucht ({ $detail }).
}
script-fault-steps = { $line ->
    [0] Die Regeln brauchen für einen Vorgang zu lange. Erlaubt sind { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Die Regeln brauchen für einen Vorgang zu lange. Erlaubt sind { $detail }.
}
script-fault-size = { $line ->
    [0] Die Regeln sind zu groß oder erzeugen etwas zu Großes. Erlaubt ist { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Das wird zu groß. Erlaubt ist { $detail }.
}
script-fault-depth = { $line ->
    [0] Die Regeln sind zu tief verschachtelt ({ $detail }).
   *[other] Zeile { $line }, Zeichen { $column }: Das ist zu tief verschachtelt ({ $detail }).
}
script-fault-thrown = { $line ->
    [0] Die Regeln halten diesen Vorgang an: „{ $detail }“
   *[other] Die Regeln halten diesen Vorgang in Zeile { $line }, Zeichen { $column } an: „{ $detail }“
}
script-fault-missing = { $detail ->
    [summary] Die eingehenden Regeln geben dem neuen Vorgang keine Zusammenfassung. Weisen Sie eine zu, etwa so: issue.summary = replica.summary;
   *[type] Die eingehenden Regeln geben dem neuen Vorgang keinen Typ. Weisen Sie einen zu, etwa so: issue.type = mirror(replica.type);
}
script-fault-failed = { $line ->
    [0] Die Regeln brechen ab: { $detail }.
   *[other] Zeile { $line }, Zeichen { $column }: Hier brechen die Regeln ab ({ $detail }).
}

## Notes: what is good to know in time

calls-hour = { $count ->
    [one] 1 Aufruf an Jira in der letzten Stunde.
   *[other] { $count } Aufrufe an Jira in der letzten Stunde.
} Am nächsten an einer Grenze: { $percent } %.
calls-since = { $count ->
    [one] 1 Aufruf an Jira seit { $time }.
   *[other] { $count } Aufrufe an Jira seit { $time }.
} Am nächsten an einer Grenze: { $percent } %.
token-ends = Das Token endet am { $date }, { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
}
token-ended = Das Token sollte am { $date } enden
note-token-ends = Das API-Token für { $site } endet am { $date }, { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
}.
note-token-ends-next = Erstellen Sie vorher in Jira ein neues und melden Sie sich erneut an, damit der Abgleich nicht stehen bleibt.
note-token-ended = Das API-Token für { $site } sollte am { $date } enden; Jira nimmt es noch an.
note-token-ended-next = Melden Sie sich mit einem neuen Token erneut an, und geben Sie an, wann es endet.

## Dates: as tray, title and command line say them

date-long = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }
date-and-clock = { $weekday ->
    [1] Mo.
    [2] Di.
    [3] Mi.
    [4] Do.
    [5] Fr.
    [6] Sa.
   *[7] So.
}, { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
} { $year }, { $clock }

## Command line

cli-turn-you = (Sie sind am Zug.)
cli-turn-partner = (Ihr Partner ist am Zug.)
cli-turn-network = (Niemand ist am Zug: Es liegt am Netzwerk.)
cli-turn-tracker = (Ihre Jira-Administration ist am Zug.)
cli-ask-token = API-Token (es wird nicht angezeigt):
cli-ask-other = Das ist das Konto von { $found }; die Verbindungen verwenden das von { $expected }. Mit { $found } fortfahren? [y/N]
cli-ask-internal = Alle internen Kommentare an abgeglichenen Vorgängen in { $project } werden bei { $partner } zu öffentlichen Kommentaren, auch früher geschriebene. Teilen? [y/N]
cli-internal-yes = Nichts wurde geändert. Um die internen Kommentare in { $project } mit { $partner } zu teilen, auch früher geschriebene, fügen Sie --yes hinzu.
cli-internal-leave = Interne Kommentare in { $project } werden ab jetzt mit { $partner } geteilt, auch früher geschriebene.
cli-internal-stay = Interne Kommentare in { $project } bleiben ab jetzt hier. In denen, die { $partner } schon hat, steht statt des Textes ein Hinweis.
cli-ask-invitation = Fügen Sie die Einladung ein (sie wird nicht angezeigt) und drücken Sie die Eingabetaste:
cli-token-missing = Auf der Standardeingabe steht kein API-Token. Übergeben Sie es mit einer Pipe oder einer Datei, etwa: twinline-node account add … < token.txt
cli-no-folder = Unter { $folder } gibt es keine Daten von Twinline. Prüfen Sie den Ordner hinter --data; „account add“ beginnt einen neuen.
cli-secret-argument = API-Token und Einladungscodes werden von der Standardeingabe gelesen, nie von der Befehlszeile: Die Shell behält diese Zeile vielleicht in ihrem Verlauf. Übergeben Sie sie mit einer Pipe oder einer Datei, etwa: twinline-node account add … < token.txt
cli-invitation-missing = Auf der Standardeingabe steht keine Einladung. Übergeben Sie sie mit einer Pipe oder einer Datei, etwa: twinline-node connection accept … < invitation.txt
cli-input-output = Standardeingabe oder -ausgabe lässt sich nicht verwenden: { $detail }.
cli-once-stopped = Angehalten, bevor beide Seiten abgeglichen waren. Ein weiterer Aufruf fährt an dieser Stelle fort.
cli-listening = bereit für Partner an { $address }
cli-at-relay = Partner finden diesen Knoten beim Relay { $relay }
cli-yes = ja
cli-left-out = übersprungen
cli-retried = { $count ->
    [one] Es wird erneut versucht, sobald Twinline läuft. Gelingt es wieder nicht, steht es in „problems“.
   *[other] Sie werden erneut versucht, sobald Twinline läuft. Was wieder nicht gelingt, steht in „problems“.
}
cli-skipped = { $count ->
    [one] Übersprungen. „problems --all“ zeigt es, und „problem retry“ nimmt es wieder auf.
   *[other] Übersprungen. „problems --all“ zeigt sie, und „problem retry“ nimmt sie wieder auf.
}
cli-removed = Entfernt. Jeder Vorgang bleibt, wo er ist.
cli-diagnostics-saved = Gespeichert als { $file }. Nichts wurde gesendet: Senden Sie die Datei selbst an die Person, die Ihnen hilft.
cli-hint-fill = Wert wählen: twinline-node problem fill { $id }
cli-hint-retry = Erneut versuchen: twinline-node problem retry { $id }. Überspringen: twinline-node problem skip { $id }
cli-hint-again = Neu anlegen: twinline-node problem retry { $id }. Nicht mehr abgleichen: twinline-node problem skip { $id }
cli-hint-renew = Erneut anmelden: twinline-node account renew { $id } < token.txt
cli-hint-renew-expires = Erneut anmelden: twinline-node account renew { $id } --expires JJJJ-MM-TT < token.txt
cli-hint-take-up = Übersprungenes wieder aufnehmen: twinline-node problem retry { $id }
cli-hint-request = Text für alle, die es beheben können: twinline-node problem request { $id }
cli-approved = Freigegeben. Der Abgleich beginnt, sobald { $partner } sich wieder meldet.
cli-declined = Abgelehnt. { $partner } weiß es, und die Einladung gilt nicht mehr.
cli-hint-approve = Freigeben: twinline-node connection approve { $id }. Ablehnen: twinline-node connection reject { $id }
cli-account-ambiguous = Die ID von mehr als einem Konto beginnt mit { $id }. Geben Sie mehr davon ein.
cli-id-ambiguous = Die ID von mehr als einer Verbindung beginnt mit { $id }. Geben Sie mehr davon ein.
cli-no = nein
cli-compare-head = { $ours } bei { $company }, { $theirs } bei { $partner }: { $state }
cli-compare-read = { $company }: wie es jetzt in Jira steht.
cli-compare-stored = { $company }: wie es zuletzt gelesen wurde, { $when }.
cli-compare-never = { $company }: noch nicht gelesen.
cli-compare-told = { $partner }: wie zuletzt gemeldet, { $when }.
cli-compare-untold = { $partner } hat noch nichts gemeldet.
cli-compare-signs = (- steht bei { $company }, + steht bei { $partner })
cli-compare-comments = Kommentare: { $n }
cli-compare-files = Dateien: { $n }
cli-compare-left-out = … { $n } weitere Zeichen
cli-compare-records = Beide Texte, wo beide Seiten einen geändert haben: twinline-node conflict list --connection { $id }
cli-compare-several = { $issue } wird auf mehr als einer Verbindung abgeglichen. Ergänzen Sie --connection ID, wie „connection list“ sie zeigt.
cli-pair-read = { $issue } wird bei der nächsten Prüfung aus Jira gelesen, auch wenn die Suche dort hinterherhinkt. Was sich geändert hat, geht dann hinüber.
cli-pair-read-later = Twinline läuft hier nicht. Sobald es läuft, wird { $issue } gelesen.
cli-pair-added = { $issue } wird ab jetzt mit { $partner } abgeglichen.
cli-pair-added-later = Twinline läuft hier nicht. Sobald es läuft, wird { $issue } mit { $partner } abgeglichen.
cli-question-asked = { $partner } wird gefragt, ob { $theirs } und { $ours } verbunden werden sollen. Die ID der Frage ist { $id }.
cli-question-asked-later = Twinline läuft hier nicht. Sobald es läuft, wird { $partner } nach { $theirs } und { $ours } gefragt. Die ID der Frage ist { $id }.
cli-question-preview = Vor der Antwort liest { $partner }: { $issue } „{ $title }“
cli-question-preview-kept = Vor der Antwort liest { $partner }: { $issue }. Ihre Regeln behalten die Zusammenfassung hier.
cli-question-accepted = { $ours } und { $theirs } werden verbunden, sobald der Computer von { $partner } es erfahren hat.
cli-question-accepted-later = Twinline läuft hier nicht. { $ours } und { $theirs } werden verbunden, sobald es läuft und der Computer von { $partner } es erfahren hat.
cli-question-declined = { $partner } erfährt, dass { $theirs } nicht mit { $ours } verbunden wird.
cli-question-withdrawn = Die Frage zu { $ours } und { $theirs } ist zurückgezogen.
cli-question-ambiguous = Mehrere Fragen beginnen mit „{ $id }“. Geben Sie mehr von der ID ein.
cli-none-questions = Keine Fragen.
cli-ask-what = { $n ->
    [one] 1 Vorgang in { $project }, der noch nicht abgeglichen wird, wird zu { $partner } kopiert. Fortfahren? [y/N]
   *[other] { $n } Vorgänge in { $project }, die noch nicht abgeglichen werden, werden zu { $partner } kopiert. Fortfahren? [y/N]
  }
cli-what-yes = { $n ->
    [one] Nichts wurde geändert. 1 Vorgang in { $project }, der noch nicht abgeglichen wird, würde zu { $partner } kopiert: Dafür fügen Sie --yes hinzu.
   *[other] Nichts wurde geändert. { $n } Vorgänge in { $project }, die noch nicht abgeglichen werden, würden zu { $partner } kopiert: Dafür fügen Sie --yes hinzu.
  }
cli-what-changed = Geändert. Was mit { $partner } abgeglichen wird, bleibt so, bis jemand es beendet, auch wenn es nicht passt.
cli-col-check-every = Prüft
cli-col-hours = Zeiten
cli-col-battery = Akku
cli-col-now = Jetzt
cli-hours-any = jederzeit
cli-battery-slower = höchstens einmal in der Minute
cli-battery-same = so oft wie sonst
cli-battery-unknown = höchstens einmal in der Minute, aber dieses System sagt nicht, wann
cli-day-mon = Mo
cli-day-tue = Di
cli-day-wed = Mi
cli-day-thu = Do
cli-day-fri = Fr
cli-day-sat = Sa
cli-day-sun = So
cli-what-all = alle Vorgänge
cli-match = { $standing ->
    [synced] abgeglichen
    [coming] wird abgeglichen
    [older] älter, nicht abgeglichen
   *[left] bleibt, wie er ist
  }
cli-pair-stopped = { $issue } wird nicht mehr mit { $partner } abgeglichen. Beide Vorgänge bleiben, wie sie sind.
cli-ask-upgrade = Die Regeln bleiben genau gleich, bis Sie sie ändern. Zurück in den Basic-Modus geht es nicht. Die Verbindung zu { $partner } umstellen? (y/n)
cli-upgrade-yes = Es wurde nichts geändert. Um die Verbindung zu { $partner } auf den Script-Modus umzustellen, geben Sie --yes an.
cli-rules-unreadable = { $file } lässt sich nicht lesen: { $why }
cli-rules-head = { $mode ->
    [basic] Basic-Modus. Diese Regeln bearbeitet niemand; „twinline-node rules upgrade“ macht daraus Regeln, die sich bearbeiten lassen.
   *[script] Script-Modus, Version { $version }.
}
cli-rules-outgoing = Was hinausgeht:
cli-rules-incoming = Was hier geschrieben wird:
cli-rules-part = { $part ->
    [issue] der Vorgang
    [summary] Zusammenfassung
    [description] Beschreibung
    [type] Typ
    [field] { $name }
    [comment] Kommentar von { $name }
   *[attachment] Datei { $name }
}
cli-rules-value-none = { $direction ->
    [outgoing] bleibt hier
   *[incoming] wird ausgelassen
}
cli-rules-value-plain = { $direction ->
    [outgoing] geht hinaus
   *[incoming] ist leer
}
cli-rules-try-nothing = { $count ->
    [0] Noch wird kein Vorgang synchronisiert, an dem sich die Regeln ausprobieren ließen.
   *[other] An den neuesten { $count } Vorgängen ändern diese Regeln nichts.
}
cli-rules-try-wrote-nothing = Es wurde nichts geschrieben.
cli-rules-saved = Version { $version } der Regeln ist in Kraft. Sie gilt ab der nächsten Änderung jedes Vorgangs.
cli-rules-version = { $now ->
    [yes] *
   *[no] {" "}
} { $version }  { $time }  { $by }{ $kind ->
    [back] , hat Version { $from } zurückgeholt
   *[written] {""}
}
cli-rules-fault = { $direction ->
    [outgoing] Was hinausgeht:
   *[incoming] Was hier geschrieben wird:
} { $sentence }
cli-rules-change = {"  "}{ $direction ->
    [outgoing] geht hinaus
   *[incoming] wird hier geschrieben
}: { $part }: { $now } → { $then }{ $when ->
    [once] {" "}(sofort)
   *[next] {""}
}
cli-none-accounts = Noch kein Konto. Fügen Sie eines hinzu mit: twinline-node account add
cli-none-projects = Dieses Konto sieht kein Projekt.
cli-none-connections = Noch keine Verbindung. Erstellen Sie eine mit: twinline-node connection initiate
cli-none-problems = Kein Handlungsbedarf.
cli-none-request = Deswegen ist niemandem sonst zu schreiben.
cli-none-pairs = Noch wurde kein Vorgang abgeglichen.
cli-none-conflicts = Kein Text wurde überstimmt.
cli-none-files = Es steht nichts darin.
cli-none-activity = Noch wurde nichts abgeglichen.
cli-col-id = ID
cli-col-site = Site
cli-col-email = E-Mail
cli-col-name = Name
cli-col-projects = Projekte
cli-col-connections = Verbindungen
cli-col-signed-in = Angemeldet
cli-col-token-ends = Token endet
cli-col-key = Schlüssel
cli-col-reason = Nicht wählbar, weil
cli-col-partner = Partner
cli-col-partner-site = Site des Partners
cli-col-partner-project = Projekt des Partners
cli-col-partner-person = Administration des Partners
cli-col-comparison = Vergleichszahl
cli-col-role = Wer sich verbindet
cli-col-other-side = Die andere Seite
cli-col-mode = Abgleichregeln
cli-col-project = Projekt
cli-col-state = Status
cli-col-pairs = Abgeglichen
cli-col-out = Zu senden
cli-col-in = Zu empfangen
cli-col-problems = Probleme
cli-col-address = Adresse
cli-col-invitation-until = Einladung bis
cli-col-checked = Zuletzt geprüft
cli-col-contact = Partner zuletzt gemeldet
cli-col-activity = Letzte Aktivität
cli-col-issue = Vorgang
cli-col-turn = Wer am Zug ist
cli-col-since = Seit
cli-col-what = Was
cli-col-ours = Unserer
cli-col-direction = Richtung
cli-col-theirs = Zwilling
cli-col-changed = Letzte Änderung
cli-col-title = Zusammenfassung
cli-col-at = Wann
cli-col-field = Text
cli-col-current = Gilt jetzt
cli-col-our-text = Wir schrieben
cli-col-their-text = Partner schrieb
cli-col-compared = Zuletzt verglichen
cli-col-resumes = Geht weiter um
cli-col-filter = Filter
cli-col-older-too = Auch ältere Vorgänge
cli-col-match = Passen jetzt
cli-col-match-synced = Schon abgeglichen
cli-col-match-coming = Werden abgeglichen
cli-col-match-older = Älter, nicht abgeglichen
cli-col-match-left = Beendet, oder von einem anderen Partner
cli-col-internal = Interne Kommentare gehen hinaus
cli-col-jira-field = Feld
cli-col-allowed = Erlaubter Wert
cli-col-chosen = Gewählt
cli-field-kind = { $kind ->
    [line] eine Zeile Text
    [text] ein Text
    [number] eine Zahl
    [date] ein Tag, etwa 2026-12-31
   *[other] (lässt sich nur in Jira ausfüllen)
}
cli-col-healed = Behobene Abweichungen
cli-col-file = Datei
cli-col-bytes = Byte
cli-current = { $current ->
    [ours] unserer
    [theirs] der des Partners
   *[neither] ein anderer
}
cli-conflict-state = { $settled ->
    [yes] angesehen
   *[no] offen
}
cli-role = { $role ->
    [public] der Partner verbindet sich mit uns (öffentliche Seite)
    [private] wir verbinden uns mit dem Partner (private Seite)
   *[local] beide Projekte sind hier
}
cli-mode = { $mode ->
    [script] Script
   *[basic] Basic
}
cli-state = { $state ->
    [waiting_for_partner] wartet auf Partner
    [waiting_for_you] wartet auf Sie
    [first_sync] erster Abgleich
    [up_to_date] aktuell
    [checking] wird geprüft
    [syncing] Abgleich läuft
    [delayed] verzögert
    [needs_attention] Handlungsbedarf
    [paused] pausiert
    [offline] offline
    [declined] abgelehnt
   *[disconnected] getrennt
}
cli-pair-state = { $state ->
    [in_step] abgeglichen
    [syncing] Abgleich läuft
    [stopped] angehalten
    [waiting_for_partner] wartet auf Partner
    [skipped] teils übersprungen
   *[unlinked] nicht mehr abgeglichen
}
cli-direction = { $direction ->
    [in] ein
   *[out] aus
}
cli-owner = { $owner ->
    [you] Sie
    [partner] Ihr Partner
    [network] das Netzwerk
   *[tracker] Ihre Jira-Administration
}

## Tray

tray-title = Twinline — { $sentence }
title-practice = Twinline-Übung — { $sentence }
tray-starting = Wird gestartet …
tray-open = Twinline öffnen
tray-attention = Handlungsbedarf ({ $count }) …
tray-connection = { $partner }: { $state }
tray-connection-open = Öffnen
tray-connection-pause = Pausieren
tray-connection-resume = Fortsetzen
tray-sync-now = Jetzt abgleichen
tray-pause = Abgleich pausieren
tray-pause-hour = 1 Stunde
tray-pause-tomorrow = Bis morgen, 08:00
tray-pause-open = Bis ich fortsetze
tray-resume = Abgleich fortsetzen
tray-settings = Einstellungen …
tray-quit = Twinline beenden

## Notifications: what the desktop shows, at most once an hour

notification-accepted = { $partner } hat Ihre Einladung angenommen
notification-accepted-ask = Sehen Sie nach, wer es ist, und geben Sie frei.
notification-accepted-next = Sie sind verbunden. Der Abgleich beginnt von selbst.
notification-accepted-many = { $count } Partner haben Ihre Einladungen angenommen
notification-first-sync = Der erste Abgleich mit { $partner } ist fertig
notification-first-sync-next = { $count ->
    [0] Neue Vorgänge werden ab jetzt abgeglichen.
    [one] Ein Vorgang ist auf gleichem Stand.
   *[other] { $count } Vorgänge sind auf gleichem Stand.
}
notification-first-sync-many = Die ersten Abgleiche mit { $count } Partnern sind fertig
notification-attention = { $partner }: Handlungsbedarf
notification-attention-here = Handlungsbedarf in Twinline
notification-attention-many = Handlungsbedarf: { $count } Dinge
notification-paused = { $partner } hat die Verbindung pausiert
notification-paused-next = Was sich inzwischen ändert, bleibt erhalten und wird abgeglichen, wenn { $partner } fortsetzt.
notification-declined = { $partner } hat abgelehnt
notification-declined-next = Abgeglichen wurde nichts. Sie können jederzeit neu einladen.
notification-left = { $partner } hat die Verbindung beendet
notification-left-next = Die Vorgänge bleiben auf beiden Seiten und werden nicht mehr abgeglichen.
notification-partner-many = { $count } Partner haben abgelehnt, pausiert oder die Verbindung beendet
notification-more = und { $count } weitere
notification-open = Öffnen

## Status: one sentence for window, tray, title and command line
key-unknown = (noch kein Schlüssel)
until-tomorrow = morgen, { $clock }
status-up-to-date = Aktuell
status-checking = Wird geprüft …
status-syncing = { $count ->
    [0] Abgleich läuft …
    [one] Eine Änderung wird abgeglichen
   *[other] { $count } Änderungen werden abgeglichen
}
status-delayed-several = { $count } Verbindungen sind verzögert
status-needs-attention = { $count ->
    [one] Handlungsbedarf an einer Stelle
   *[other] Handlungsbedarf an { $count } Stellen
}
status-asking = { $count ->
    [one] Ein Partner wartet auf Ihre Freigabe
   *[other] { $count } Partner warten auf Ihre Freigabe
}
status-paused = Pausiert
status-paused-until = Pausiert bis { $until }
status-offline = Offline
status-not-running = Twinline läuft hier nicht; bis dahin wird nichts abgeglichen
status-not-set-up = Nicht eingerichtet
status-waiting = Wartet auf Partner

state-waiting-for-partner = Wartet darauf, dass { $partner } die Einladung annimmt
state-waiting-for-answer = Wartet auf Antwort vom Computer von { $partner }
state-waiting-for-relay = Wartet auf das Relay { $relay }, das dieser Computer nicht erreicht
state-waiting-past-stranger = Wartet auf den Computer von { $partner }. Unter { $address } antwortet etwas anderes als Twinline, vielleicht eine Anmeldeseite Ihres Netzes
state-waiting-for-name = Wartet auf den Computer von { $partner }. Unter dem Namen in { $address } ist kein Computer bekannt
state-waiting-for-approval = Wartet auf die Freigabe durch { $partner }
state-waiting-for-you = { $partner } möchte sich verbinden: freigeben oder ablehnen
state-first-sync = Erster Abgleich: { $percent } %, { $done } von { $total } Vorgängen
state-first-sync-begins = Erster Abgleich: die bestehenden Vorgänge werden gelesen
state-first-sync-left = Erster Abgleich: { $percent } %, noch etwa { $minutes } min
state-first-sync-reading = Erster Abgleich: { $done } von { $total } Vorgängen, weitere werden gelesen
state-up-to-date = Aktuell
state-checking = Wird geprüft …
state-syncing = { $count ->
    [0] Abgleich läuft …
    [one] Eine Änderung wird abgeglichen
   *[other] { $count } Änderungen werden abgeglichen
}
state-delayed = { $count ->
    [one] Wartet, bis { $partner } sich eine Sache ansieht
   *[other] Wartet, bis { $partner } sich { $count } Sachen ansieht
}
state-delayed-tracker = { $site } ist in Wartung oder nicht verfügbar, seit { $since }. Der Abgleich geht von selbst weiter
state-delayed-partner = Wartet auf { $partner }: Dort besteht Handlungsbedarf. Nichts geht verloren
state-delayed-partner-sign-in = Wartet auf die Anmeldung von { $partner }: Jira nimmt sie dort nicht mehr an. Nichts geht verloren
state-delayed-partner-project = Wartet auf { $partner }: Das Projekt dort lässt sich gerade nicht verwenden. Nichts geht verloren
state-delayed-partner-disk = Wartet auf { $partner }: Der Datenträger dort ist voll. Nichts geht verloren
state-delayed-partner-hours = Außerhalb der Arbeitszeit bei { $partner } bis { $until }. Nichts geht verloren
state-delayed-partner-tracker = Wartet auf das Jira von { $partner }: Es ist in Wartung oder nicht verfügbar. Der Abgleich geht von selbst weiter
state-needs-attention = { $count ->
    [one] Handlungsbedarf an einer Stelle
   *[other] Handlungsbedarf an { $count } Stellen
}
state-paused-by-you = Von Ihnen pausiert
state-paused-until = Pausiert bis { $until }
state-paused-by-both = Von Ihnen pausiert, und auch von { $partner }
state-paused-until-and-by-partner = Von Ihnen bis { $until } pausiert, und auch von { $partner }
state-paused-by-partner = Von { $partner } pausiert
state-outside-hours = Außerhalb der Arbeitszeit bis { $until }
state-not-running = Twinline läuft hier nicht; bis dahin wird nichts abgeglichen
state-offline = Offline. { $partner } hat sich zuletzt um { $time } gemeldet
state-offline-never = Offline. { $partner } wurde noch nicht erreicht
state-offline-relay = Offline. Das Relay { $relay } ist nicht erreichbar
state-offline-stranger = Offline. Unter { $address } antwortet etwas anderes als Twinline, vielleicht eine Anmeldeseite Ihres Netzes
state-offline-name = Offline. Unter dem Namen in { $address } ist kein Computer bekannt
state-declined = { $partner } hat abgelehnt. Abgeglichen wurde nichts
state-disconnected = Getrennt. Die Vorgänge beider Seiten bleiben

pace-seconds = { $count ->
    [one] Jira wird jede Sekunde geprüft.
   *[other] Jira wird alle { $count } Sekunden geprüft.
}
pace-minutes = { $count ->
    [one] Jira wird einmal in der Minute geprüft.
   *[other] Jira wird alle { $count } Minuten geprüft.
}
pace-battery = { $count ->
    [one] Akkubetrieb: Jira wird einmal in der Minute geprüft.
   *[other] Akkubetrieb: Jira wird alle { $count } Minuten geprüft.
}
pace-rests = Außerhalb der Arbeitszeit bis { $until }.

## Activity: what happened, as a person would say it
activity-in-created = { $partner } hat { $theirs } erstellt → neu { $ours } (Typ { $type })
activity-in-created-as = { $partner } hat { $theirs } erstellt → neu { $ours }. { $theirs_type } gibt es hier nicht, daher wurde es { $type }
activity-in-changed = { $partner } hat { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} von { $theirs } geändert → { $ours } aktualisiert
activity-in-comment = { $author } ({ $partner }) hat { $theirs } kommentiert → nach { $ours } kopiert
activity-in-comment-edited = { $author } ({ $partner }) hat einen Kommentar zu { $theirs } bearbeitet → in { $ours } aktualisiert
activity-in-attachment-removed = { $partner } hat { $file } aus { $theirs } entfernt → aus { $ours } entfernt
activity-in-attachment = { $partner } hat { $file } an { $theirs } angehängt → nach { $ours } kopiert
activity-out-created = Sie haben { $ours } erstellt → neu { $theirs } bei { $partner }
activity-out-changed = Sie haben { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} von { $ours } geändert → an { $partner } gesendet für { $theirs }
activity-out-comment = { $author } hat { $ours } kommentiert → an { $partner } gesendet
activity-out-attachment = Sie haben { $file } an { $ours } angehängt → an { $partner } gesendet
activity-out-parked = { $ours } wartet bei { $partner }: Dort besteht Handlungsbedarf
activity-out-skipped = { $partner } hat übersprungen, was dort für { $ours } nicht ging
activity-out-resumed = { $ours } geht bei { $partner } weiter
activity-out-rejected = { $partner } gleicht { $ours } nicht ab
activity-conflict-ours = Beide Seiten haben { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} von { $ours } geändert. Ihre Fassung gilt, weil der Vorgang hier entstand; der andere Text ist aufbewahrt
activity-conflict-theirs = Beide Seiten haben { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} von { $ours } geändert. Die Fassung von { $partner } gilt; Ihr Text ist aufbewahrt
activity-unlinked-moved = { $ours } wurde in ein anderes Projekt verschoben. Der Vorgang wird nicht mehr abgeglichen; beide bleiben
activity-unlinked-gone = { $ours } wurde gelöscht oder ist nicht mehr sichtbar. Der Vorgang wird nicht mehr abgeglichen; { $theirs } bei { $partner } bleibt
activity-unlinked-changed = { $ours } ist nicht mehr der Vorgang, der vereinbart war: verschoben, verborgen oder anderswo abgeglichen. Er wird nicht verbunden
activity-connected = { $ours } und { $theirs } von { $partner } wurden verbunden und werden abgeglichen
activity-question-refused = { $ours } und { $theirs } von { $partner } werden nicht verbunden
activity-question-withdrawn = { $partner } hat die Frage zurückgezogen, ob { $theirs } und { $ours } verbunden werden sollen
activity-again-asked = Sie möchten { $theirs } von { $partner } neu anlegen, anstelle von { $ours }
activity-again-partner = { $partner } hat den Zwilling von { $ours } verloren und legt ihn neu an
activity-unlinked-here = Sie gleichen { $ours } nicht mehr mit { $partner } ab. Beide Vorgänge bleiben, wie sie sind
activity-unlinked-partner = { $partner } gleicht { $theirs } nicht mehr ab. { $ours } bleibt, wie es ist
activity-comment-not-visible = Ein Kommentar von { $author } zu { $ours } ist nicht mehr sichtbar. Die Kopie bei { $partner } bleibt
activity-comment-twice = Ein Kommentar von { $partner } steht an { $ours } ein zweites Mal, weil Jira ihn verspätet angenommen hat. Der zweite kann gelöscht werden
activity-attachment-not-visible = { $file } an { $ours } ist nicht mehr sichtbar. Die Kopie bei { $partner } bleibt

## Questions: two issues that exist already

question-waiting-for-partner = { $partner } wird gefragt, ob { $theirs } und Ihr { $ours } verbunden werden sollen.
question-needs-update = { $partner } verwendet eine ältere Version von Twinline, die darauf nicht antworten kann. Die Frage geht hinaus, sobald dort aktualisiert wurde.
question-declined = { $partner } möchte { $theirs } nicht mit { $ours } verbinden.
question-unavailable = { $theirs } von { $partner } kann nicht mit { $ours } verbunden werden.
question-waiting-for-you = { $partner } fragt, ob { $theirs } und Ihr { $ours } verbunden werden sollen.
question-agreed = Sie haben zugestimmt. { $theirs } und { $ours } werden verbunden, sobald der Computer von { $partner } es erfahren hat.

## Compare: an issue and its twin, side by side

compare-here = Ihnen
compare-part = { $part ->
    [summary] Zusammenfassung
    [description] Beschreibung
   *[issuetype] Vorgangstyp
}
compare-same = Gleich
compare-same-form = Abgestimmt
compare-differs = Verschieden
compare-only-ours = Nur bei { $company }
compare-only-theirs = Nur bei { $partner }
compare-none = Kein Unterschied, soweit { $partner } es gemeldet hat.
compare-gone = { $issue } wurde bei { $company } gelöscht, verschoben oder verborgen. Was { $partner } hat, bleibt, wie es ist.
compare-some = { $n ->
    [one] Ein Unterschied.
   *[other] { $n } Unterschiede.
}
compare-staying = { $n ->
    [one] Ein Unterschied, der so bleibt. Abzugleichen ist nichts.
   *[other] { $n } Unterschiede, die so bleiben. Abzugleichen ist nichts.
}
compare-some-staying = { $n } Unterschiede; { $staying ->
    [one] einer davon bleibt
   *[other] { $staying } davon bleiben
} so.
compare-note-stopped = Etwas an diesem Vorgang wartet unter „Handlungsbedarf“ auf Sie.
compare-note-parked = Etwas an diesem Vorgang wartet auf eine Person bei { $partner }: Deren Jira zeigt vielleicht noch nicht alles.
compare-note-skipped = Etwas an diesem Vorgang hat eine Person einer der beiden Seiten ausgelassen.
compare-note-unlinked = Dieser Vorgang wird nicht mehr abgeglichen. Beide Seiten stehen hier, wie sie zuletzt bekannt waren; es bewegt sich nichts mehr.
compare-note-paused = { $partner } hat pausiert: Was sich dort seither geändert hat, ist hier nicht bekannt.
compare-unknown = Was bei { $partner } jetzt steht, ist hier nicht bekannt.
compare-form = Jedes Jira zeigt es in seiner eigenen Form.
compare-form-type = „{ $theirs }“ bei { $partner } steht für „{ $ours }“ bei { $company }.
compare-unnoticed = Twinline kennt es noch nicht; nach der nächsten Prüfung geht es an { $partner }.
compare-to-partner = Es wartet hier darauf, an { $partner } zu gehen.
compare-sent = Es ist unterwegs zu { $partner }.
compare-to-us = { $partner } hat es gemeldet; bei { $company } ist es noch zu schreiben.
compare-chosen = Ein anderer Text wurde gewählt und ist unterwegs zu beiden Seiten.
compare-both = Beide Seiten haben es zugleich geändert; keiner der Texte geht verloren.
compare-formatting = Die Wörter sind gleich; die Formatierung ist verschieden.
compare-again = { $partner } erfährt es noch einmal, weil beide Seiten verschieden waren.
compare-rules = Bleibt bei { $company }: Die Regeln dieser Verbindung oder die Sichtbarkeit in Jira halten es dort.
compare-restricted = Nicht alle bei { $company } dürfen ihn lesen: Er bleibt dort und wird hier nicht gezeigt.
compare-internal = Ein interner Kommentar: Er bleibt bei { $company } und wird hier nicht gezeigt.
compare-security = Auf dem Vorgang liegt eine Sicherheitsstufe: Nichts davon verlässt { $company }.
compare-withdrawn = Der Kommentar wurde bei { $company } eingeschränkt, nachdem er fort war: Bei { $partner } tritt ein Hinweis an seine Stelle.
compare-not-visible = Bei { $company } ist es nicht mehr zu sehen; bei { $partner } bleibt es.
compare-foreign = Bei { $company } wurde geändert, was nur die Worte von { $partner } wiedergibt. Das geht nicht zurück.
compare-unreadable = Bei { $company } lässt es sich nicht lesen; siehe „Handlungsbedarf“.
compare-refused = Ihr Jira nimmt es nicht an; siehe „Handlungsbedarf“.
compare-removed-here = Bei { $company } wurde es entfernt, und { $partner } erfährt davon.
compare-removed-there = Bei { $partner } wurde es entfernt, und bei { $company } verschwindet es auch.
compare-bytes-out = { $partner } holt die Datei noch.
compare-bytes-in = Die Datei ist noch unterwegs zu { $company }.
compare-line = Twinline hat es an die Stelle einer Datei geschrieben.
compare-second = Er kam ein zweites Mal an und steht für sich.
compare-drift = Ein anderes Werkzeug ändert es immer wieder. Es bleibt, wie es ist, bis Sie es neu versuchen.

## Comments: the line above a partner's comment, behind the author's name
# This section and the next are never said in German: what stands in Jira has one language (see `words.rs`).
comment-attribution = ({ $company }) schrieb am { $time }:
comment-withdrawn = { $company } zeigt diesen Kommentar nicht mehr.

## Files that Jira does not take: the comment that stands in their place
notice-file-stays = { $company } hat { $file } ({ $size }) angehängt. Die Datei konnte nicht hierher kopiert werden, weil dieses Jira sie nicht annimmt. Fragen Sie { $company } danach, oder Ihre Jira-Administration.
notice-file-came = { $company } hat { $file } ({ $size }) angehängt. Die Datei ist jetzt hier.
notice-file-gone = { $company } hatte { $file } ({ $size }) angehängt und hat die Datei wieder entfernt.

## Texts that are longer than Jira takes: their last line in Jira
text-goes-on = Dieser Text geht in der angehängten Datei „{ $file }“ weiter. Um jenen Teil zu ändern, fragen Sie Ihren Partner.
comment-goes-on = Der Rest dieses Kommentars hatte hier keinen Platz. { $company } hat ihn ganz.

## Invitation message: what the partner gets by mail
invitation-message =
    { $company } lädt Sie ein, Jira-Vorgänge zu verbinden. Wählen Sie in Twinline „Einladung annehmen“ und fügen Sie diese ganze Nachricht ein.

    { $code }

    Wo Twinline installiert ist, öffnet es dieser Link mit eingefülltem Code:
    { $link }

    Gültig bis { $until }. Gilt einmal. Bitte nicht öffentlich teilen.

## Requests: ready texts, for whoever can mend a problem
request-permission =
    Guten Tag,

    um Vorgänge mit { $partner } abzugleichen, verwende ich Twinline im Jira-Projekt { $project } auf { $site }, mit dem Konto von { $name } ({ $email }). Dafür braucht dieses Konto im Projekt folgende Berechtigungen:

    { $permissions }

    Könnten Sie sie erteilen? Vielen Dank.
request-permission-answer =
    Guten Tag,

    um Vorgänge mit { $partner } abzugleichen, verwende ich Twinline im Jira-Projekt { $project } auf { $site }, mit dem Konto von { $name } ({ $email }). Jira antwortete: „{ $answer }“

    Dafür braucht dieses Konto im Projekt folgende Berechtigungen:

    { $permissions }

    Könnten Sie sie erteilen? Vielen Dank.
request-reminder =
    Guten Tag, { $person },

    von Ihrem Twinline war zuletzt am { $time } etwas zu hören. Was sich in unseren gemeinsamen Jira-Vorgängen ändert, wartet seitdem; nichts geht verloren. Könnten Sie nachsehen, ob Twinline auf Ihrem Computer läuft und ob er online ist? Dann geht es von selbst weiter.

    Vielen Dank.
request-reminder-unnamed =
    Guten Tag,

    von Ihrem Twinline war zuletzt am { $time } etwas zu hören. Was sich in unseren gemeinsamen Jira-Vorgängen ändert, wartet seitdem; nichts geht verloren. Könnten Sie nachsehen, ob Twinline auf Ihrem Computer läuft und ob er online ist? Dann geht es von selbst weiter.

    Vielen Dank.

## Address: what answers at an address
address-twinline = Unter { $address } antwortet Twinline.
address-other = Unter { $address } antwortet etwas anderes als Twinline.
address-nameless = Unter dem Namen in { $address } ist kein Computer bekannt.
address-silent = Unter { $address } antwortet nichts.
relay-answers = Das Relay { $relay } ist von hier aus erreichbar.
relay-silent = Unter { $relay } ist kein Relay erreichbar.

## Permissions, as Jira's admins know them
permission-browse-projects = Projekte durchsuchen
permission-create-issues = Vorgänge erstellen
permission-edit-issues = Vorgänge bearbeiten
permission-add-comments = Kommentare hinzufügen
permission-create-attachments = Anhänge erstellen
project-forbidden-reason = Ihrem Konto fehlt: { $permissions }

## Values for fields that Jira demands
fill-allowed-options = { $more ->
    [0] Wählen Sie einen Wert: { $names }.
   *[other] Wählen Sie einen Wert: { $names } und { $more } weitere.
}

## Problems: what happened, to what; and what to do
problem-newer = Es besteht Handlungsbedarf, für den diese Version keine Worte hat ({ $code }).
problem-newer-next = Aktualisieren Sie Twinline.
problem-site-not-found = Unter { $site } gibt es keine Jira-Site.
problem-site-not-found-next = Kopieren Sie die Adresse aus Ihrem Browser, während Jira offen ist, zum Beispiel acme.atlassian.net.
problem-site-unreachable = { $site } antwortet nicht.
problem-site-unreachable-next = Prüfen Sie, ob dieser Computer online ist, und versuchen Sie es dann erneut.
problem-clock-wrong = Die Uhr dieses Computers geht falsch: Sie zeigt { $time }, und das Zertifikat von { $site } passt nicht dazu.
problem-clock-wrong-next = Stellen Sie die Uhr. Der Abgleich geht von selbst weiter; bis dahin geht nichts verloren. Geht die Uhr richtig, fragen Sie Ihre IT, wer anstelle von { $site } antwortet.
problem-site-moved = { $site } heißt jetzt { $to }.
problem-site-moved-next = Melden Sie sich erneut an: Twinline übernimmt die neue Adresse von selbst. Bis dahin geht nichts verloren, und nichts wird doppelt abgeglichen.
problem-site-differs = { $found } ist eine andere Jira-Site als { $site }.
problem-site-differs-next = Prüfen Sie die Adresse. Um mit einer anderen Site abzugleichen, fügen Sie dafür ein Konto hinzu, und verbinden Sie sich neu.
problem-token-ends-unfit = { $why ->
    [past] Der { $date } ist vorbei, also ist das API-Token schon zu Ende.
    [far] Ein API-Token von Atlassian gilt höchstens ein Jahr, also kann es nicht am { $date } enden.
   *[unreadable] „{ $date }“ lässt sich nicht als Tag lesen.
}
problem-token-ends-unfit-next = { $why ->
    [past] Erstellen Sie in Jira ein neues API-Token, oder lassen Sie den Tag weg.
   *[other] Geben Sie einen Tag von heute bis { $latest } als Jahr, Monat und Tag ein, etwa 2027-03-01, oder lassen Sie ihn weg. Die Liste Ihrer API-Token bei Atlassian zeigt, wann jedes endet.
}
problem-token-rejected = Jira hat die E-Mail-Adresse { $email } mit diesem API-Token bei { $site } nicht angenommen.
problem-token-rejected-next = Prüfen Sie die E-Mail-Adresse, erstellen Sie in Jira ein neues API-Token, und fügen Sie es noch einmal ein.
problem-no-project = Dieses Konto darf in keinem Projekt von { $site } Vorgänge erstellen.
problem-no-project-next = Bitten Sie Ihre Jira-Administration um die Berechtigung, in einem Projekt Vorgänge zu erstellen und zu bearbeiten.
problem-project-unknown = Das Konto sieht kein Projekt { $project } bei { $site }.
problem-project-unknown-next = Prüfen Sie den Schlüssel des Projekts, oder bitten Sie Ihre Jira-Administration um Zugang.
problem-problem-stays = Das hält alles an und lässt sich daher nicht überspringen.
problem-problem-stays-next = Tun Sie, was „problems“ dazu sagt. Der Abgleich geht dann von selbst weiter; bis dahin geht nichts verloren.
problem-project-archived = Das Projekt { $project } bei { $site } ist archiviert; dort lässt sich nichts schreiben. Was { $partner } sendet, wartet.
problem-project-archived-next = Bitten Sie Ihre Jira-Administration, das Projekt wiederherzustellen. Der Abgleich geht dann von selbst weiter; bis dahin geht nichts verloren.
problem-project-deleted = Das Projekt { $project } bei { $site } wurde gelöscht. Die Vorgänge von { $partner } bleiben, wie sie sind, und Änderungen warten.
problem-project-deleted-next = Bitten Sie Ihre Jira-Administration, das Projekt aus dem Papierkorb von Jira wiederherzustellen. Der Abgleich geht dann von selbst weiter. Ist es endgültig weg, entfernen Sie die Verbindung.
problem-project-forbidden = Ihr Konto darf nicht mit { $project } abgleichen. Es fehlt: { $permissions }.
problem-project-forbidden-next = Bitten Sie Ihre Jira-Administration um diese Berechtigungen, oder wählen Sie ein anderes Projekt.
problem-project-without-types = { $project } hat keinen Vorgangstyp, der sich verwenden lässt.
problem-project-without-types-next = Bitten Sie Ihre Jira-Administration, dem Projekt den Typ Task (Aufgabe) hinzuzufügen, oder wählen Sie ein anderes Projekt.
problem-account-unknown = Hier gibt es kein Jira-Konto { $account }.
problem-account-unknown-next = Wählen Sie eines der Konten in der Liste.
problem-account-in-use = Das Konto bei { $site } wird verwendet von: { $connections }.
problem-account-in-use-next = Entfernen Sie zuerst diese Verbindungen.
problem-account-differs = Das ist das Konto von { $found }; die Verbindungen verwenden das von { $expected }.
problem-account-differs-next = Melden Sie sich als { $expected } an. Um mit { $found } fortzufahren: twinline-node account renew … --other-account
problem-account-twice = { $found } hat hier ein eigenes Konto für { $site }.
problem-account-twice-next = Entfernen Sie zuerst jenes Konto, falls keine Verbindung es verwendet, oder melden Sie sich als die Person an, die die Verbindungen verwenden.
problem-keychain-missing = Dieser Computer hat keinen Passwortspeicher.
problem-keychain-missing-next = Installieren oder starten Sie einen (unter Linux etwa GNOME-Schlüsselbund), oder melden Sie sich bei jedem Start von Twinline erneut an.
problem-keychain-locked = Der Passwortspeicher des Computers ist gesperrt oder hat nicht geantwortet.
problem-keychain-locked-next = Entsperren Sie ihn, und versuchen Sie es dann erneut. Bis dahin geht nichts verloren.
problem-secret-missing = Etwas Geheimes, das gespeichert war, ist nicht mehr im Passwortspeicher: { $what }.
problem-secret-missing-next = Melden Sie sich erneut bei Jira an. Fehlt der Schlüssel einer Verbindung, bitten Sie den Partner um eine neue Einladung.
problem-invitation-absent = In diesem Text steht kein Einladungscode.
problem-invitation-absent-next = Kopieren Sie die ganze Nachricht Ihres Partners, und fügen Sie sie noch einmal ein. Der Code beginnt mit twl1.
problem-invitation-incomplete = Der Einladungscode ist unvollständig: { $missing ->
    [one] Es fehlt ein Zeichen
   *[other] Es fehlen { $missing } Zeichen
}.
problem-invitation-incomplete-next = Kopieren Sie den ganzen Code bis zum Ende, und fügen Sie ihn noch einmal ein.
problem-invitation-typo = Im Einladungscode ist ein Tippfehler.
problem-invitation-typo-next = Kopieren Sie ihn aus der Nachricht Ihres Partners, statt ihn abzutippen, und fügen Sie ihn noch einmal ein.
problem-invitation-too-new = Diese Einladung wurde mit einer neueren Version von Twinline erstellt.
problem-invitation-too-new-next = Aktualisieren Sie Twinline, und fügen Sie sie dann noch einmal ein.
problem-invitation-expired = Diese Einladung von { $partner } ist abgelaufen.
problem-invitation-expired-next = Bitten Sie { $partner } um eine neue.
problem-invitation-used = Diese Einladung von { $partner } wurde schon verwendet. Sie gilt einmal.
problem-invitation-used-next = Bitten Sie { $partner } um eine neue. Hat niemand aus Ihrer Firma sie verwendet, sagen Sie es dort.
problem-invitation-withdrawn = { $partner } hat diese Einladung zurückgezogen.
problem-invitation-withdrawn-next = Bitten Sie { $partner } um eine neue.
problem-invitation-declined = Diese Einladung von { $partner } wurde abgelehnt.
problem-invitation-declined-next = Bitten Sie { $partner } um eine neue. Hat niemand aus Ihrer Firma sie abgelehnt, sagen Sie es dort.
problem-decline-untold = Der Computer von { $partner } unter { $address } war nicht zu erreichen: Dort weiß niemand, dass Sie abgelehnt haben.
problem-decline-untold-next = Versuchen Sie es später erneut, oder sagen Sie es { $partner } selbst. Solange Sie nicht annehmen, ist nichts verbunden.
problem-invitation-own = Das ist Ihre eigene Einladung.
problem-invitation-own-next = Senden Sie sie an Ihren Partner; dort wird sie in Twinline eingefügt.
problem-invitation-tried = { $why ->
    [expired] { $company } ({ $person }, { $site }) hat eine Einladung von Ihnen versucht, die abgelaufen ist, und wurde nicht eingelassen.
    [withdrawn] { $company } ({ $person }, { $site }) hat eine Einladung versucht, die Sie zurückgezogen haben, und wurde nicht eingelassen.
    [declined] { $company } ({ $person }, { $site }) hat eine Einladung von Ihnen versucht, die abgelehnt worden war, und wurde nicht eingelassen.
   *[used] { $company } ({ $person }, { $site }) hat die Einladung versucht, die { $partner } schon verwendet hat, und wurde nicht eingelassen.
}
problem-invitation-tried-next = Ist es, wen Sie meinen, erstellen Sie dafür eine neue Einladung. Kennen Sie diese Leute nicht, hat jemand den Code weitergegeben: Er lässt niemanden mehr ein, und Sie können dies auslassen.
problem-invitation-repeated = Sie haben diese Einladung von { $partner } schon angenommen.
problem-invitation-repeated-next = Öffnen Sie die Verbindung in der Liste.
problem-invitation-is-token = Das ist ein API-Token, kein Einladungscode.
problem-invitation-is-token-next = Fügen Sie die Nachricht ein, die Ihr Partner Ihnen gesendet hat. Behalten Sie das Token für sich.
problem-invitation-foreign = Das ist kein Einladungscode von Twinline.
problem-invitation-foreign-next = Bitten Sie Ihren Partner um den Code, den Twinline dort anzeigt. Er beginnt mit twl1.
problem-invitation-unknown = Der Computer von { $partner } unter { $address } kennt diese Einladung nicht.
problem-invitation-unknown-next = Bitten Sie { $partner } um eine neue.
problem-invitation-address-refused = Mit der Adresse in dieser Einladung darf sich Twinline nicht verbinden: { $address }.
problem-invitation-address-refused-next = Bitten Sie Ihren Partner um eine Einladung mit einer Adresse, die Ihr Computer erreichen kann.
problem-partner-away = Von { $partner } war seit { $time } nichts zu hören.
problem-partner-away-next = Fragen Sie { $partner }, ob Twinline dort läuft. Was sich inzwischen ändert, wartet, und nichts geht verloren; es geht von selbst weiter, sobald die andere Seite wieder da ist.
problem-partner-unreachable = Der Computer von { $partner } unter { $address } antwortet noch nicht.
problem-partner-unreachable-next = Nichts zu tun: Twinline versucht es weiter. Fragen Sie { $partner }, ob Twinline dort läuft.
problem-partner-name-unknown = Unter dem Namen in { $address } ist kein Computer bekannt.
problem-partner-name-unknown-next = Fragen Sie { $partner }, ob die Adresse stimmt, und ob Ihr Netz den Namen kennen muss. Twinline versucht es weiter, und nichts geht verloren.
problem-partner-not-at-relay = Der Computer von { $partner } ist noch nicht beim Relay { $relay }.
problem-partner-not-at-relay-next = Nichts zu tun: Twinline versucht es weiter. Fragen Sie { $partner }, ob Twinline dort läuft.
problem-relay-unreachable = Das Relay { $relay } ist nicht erreichbar.
problem-relay-unreachable-next = Fragen Sie, wer das Relay betreibt, ob es läuft, und ob Ihr Netzwerk diesen Computer dorthin lässt. Twinline versucht es weiter, und nichts geht verloren.
problem-partner-not-twinline = Unter { $address } antwortet etwas anderes als Twinline, vielleicht ein Proxy oder eine Anmeldeseite Ihres Netzes.
problem-partner-not-twinline-next = Öffnen Sie eine Webseite, um zu sehen, ob Ihr Netz eine Anmeldung verlangt. Twinline versucht es weiter.
problem-proxy-sign-in = Der Proxy Ihres Netzes verlangt auf dem Weg zu { $address } eine Anmeldung.
problem-proxy-sign-in-next = Fragen Sie Ihre IT nach Adresse, Namen und Passwort des Proxys, und starten Sie Twinline mit HTTPS_PROXY=http://name:passwort@proxy:port. Bis dahin geht nichts verloren.
problem-proxy-limit = Was vor dem Computer von { $partner } unter { $address } steht, nimmt nichts an, was so groß ist wie das, was Twinline zu senden hat.
problem-proxy-limit-next = Bitten Sie { $partner }, am dortigen Reverse-Proxy 13 MB durchzulassen (in nginx: client_max_body_size 13m). Twinline versucht es weiter, und nichts geht verloren.
problem-certificate-untrusted = Wer unter { $address } antwortet, zeigt ein Zertifikat, dem dieser Computer nicht vertraut. Es wurde nichts dorthin gesendet.
problem-certificate-untrusted-next = Fragen Sie Ihre IT, ob Ihr Netz verschlüsselte Verbindungen öffnet, und ob dessen Zertifikat auf diesem Computer installiert werden kann. Wenn nicht, bitten Sie den Betreiber von { $address } um ein Zertifikat, dem dieser Computer vertraut.
problem-certificate-time = Das Zertifikat unter { $address } ist abgelaufen oder noch nicht gültig: Die Uhr dieses Computers zeigt { $time }.
problem-certificate-time-next = Geht die Uhr richtig, bitten Sie { $partner }, das Zertifikat zu erneuern. Twinline versucht es weiter, und nichts geht verloren.
problem-partner-rejected = { $partner } hat die Verbindung nicht freigegeben.
problem-partner-rejected-next = Fragen Sie { $partner } nach dem Grund, und bitten Sie um eine neue Einladung.
problem-partner-newer = { $partner } verwendet eine neuere Version von Twinline.
problem-partner-newer-next = Aktualisieren Sie Twinline, um fortzufahren. Bis dahin geht nichts verloren.
problem-partner-older = { $partner } verwendet eine ältere Version von Twinline.
problem-partner-older-next = Bitten Sie { $partner }, Twinline zu aktualisieren. Bis dahin geht nichts verloren.
problem-partner-invalid = { $stopped ->
    [yes] Das Twinline von { $partner } sendet immer wieder ungültige Daten. Diese Verbindung wurde angehalten.
   *[no] Das Twinline von { $partner } hat etwas gesendet, das sich nicht lesen lässt. Alles andere geht weiter.
}
problem-partner-invalid-next = { $stopped ->
    [yes] Bitten Sie { $partner }, Twinline zu aktualisieren, und versuchen Sie es dann noch einmal. Was sich inzwischen ändert, wartet, und nichts geht verloren.
   *[no] Bitten Sie { $partner }, Twinline zu aktualisieren.
}
problem-partner-left = { $partner } hat die Verbindung beendet. Die Vorgänge beider Seiten bleiben.
problem-partner-left-next = Entfernen Sie die Verbindung, oder bitten Sie { $partner } um eine neue Einladung.
problem-connection-unknown = Hier gibt es keine Verbindung { $connection }.
problem-connection-unknown-next = Wählen Sie eine aus der Liste der Verbindungen.
problem-connection-not-waiting = { $partner } wartet nicht auf Ihre Freigabe.
problem-connection-not-waiting-next = Nichts zu tun.
problem-address-needed = Twinline weiß noch nicht, wo Ihr Partner diesen Computer erreicht.
problem-address-needed-next = Geben Sie die Adresse ein, unter der Ihr Partner ihn erreicht, zum Beispiel https://sync.acme.example.
problem-address-invalid = Unter { $address } kann ein Partner Sie nicht erreichen.
problem-address-invalid-next = Verwenden Sie eine Adresse wie https://sync.acme.example. Einfaches http geht nur innerhalb eines privaten Netzes.
problem-port-in-use = Twinline kann unter { $address } nicht antworten: Ein anderes Programm verwendet die Adresse.
problem-port-in-use-next = Schließen Sie das andere Programm, oder starten Sie Twinline mit einer anderen Adresse hinter --listen. Twinline versucht es von selbst erneut.
problem-practice-port = Die Übung braucht { $address }, aber ein anderes Programm verwendet diese Adresse.
problem-practice-port-next = Schließen Sie das andere Programm und versuchen Sie es erneut. Oder entfernen Sie die Übungsdaten und beginnen Sie neu.
problem-practice-only = Dies ist die Übung: Konten und Partner sind hier erfunden.
problem-practice-only-next = Verlassen Sie die Übung, und melden Sie sich dann an oder verbinden Sie sich.
problem-mode-unavailable = Diese Art von Verbindung ist noch nicht möglich.
problem-mode-unavailable-next = Wählen Sie Basic.
problem-same-project = Beide Seiten wären das Projekt { $project } bei { $site }.
problem-same-project-next = Wählen Sie zwei verschiedene Projekte.
problem-connection-doubled = { $project } ist mit { $theirs } von { $partner } doppelt verbunden.
problem-connection-doubled-next = Entfernen Sie eine der beiden Verbindungen. Jeder Vorgang wird nur über eine von ihnen abgeglichen, nichts steht also doppelt da.
problem-connection-repeated = { $project } ist schon mit { $partner } verbunden.
problem-connection-repeated-next = Verwenden Sie die Verbindung in der Liste, oder entfernen Sie sie zuerst.
problem-too-many-invitations = Es sind schon { $limit } Einladungen offen.
problem-too-many-invitations-next = Ziehen Sie eine zurück, die nicht mehr gebraucht wird.
problem-filter-refused = Jira versteht den Filter „{ $filter }“ nicht: { $detail }
problem-filter-refused-next = Berichtigen Sie den Filter, oder lassen Sie ihn weg.
problem-sign-in-expired = Jira nimmt die Anmeldung für { $site } nicht mehr an.
problem-sign-in-expired-next = Melden Sie sich mit einem neuen API-Token erneut an. Bis dahin geht nichts verloren.
problem-permission-lost = Ihr Konto darf das in { $project } nicht mehr: { $permission }
problem-permission-lost-next = Bitten Sie Ihre Jira-Administration um die Berechtigung, und versuchen Sie es dann erneut.
problem-required-field = { $project } braucht in neuen Vorgängen einen Wert für { $field }; darum wartet { $issue } von { $partner }.
problem-required-field-next = { $fillable ->
    [yes] Wählen Sie einen Wert, für alle abgeglichenen Vorgänge dieses Typs oder nur für diesen; die wartenden Vorgänge gehen sofort weiter. Ihr Partner sieht ihn nicht.
   *[no] Bitten Sie Ihre Jira-Administration, das Feld optional zu machen oder mit einem Standardwert zu versehen, und versuchen Sie es dann erneut.
}
problem-required-field-many = { $project } braucht in neuen Vorgängen einen Wert für { $field }; darum warten neue Vorgänge von { $partner }.
problem-required-field-many-next = { $fillable ->
    [yes] Wählen Sie einen Wert für alle abgeglichenen Vorgänge dieses Typs; die wartenden Vorgänge gehen sofort weiter. Ihr Partner sieht ihn nicht.
   *[no] Bitten Sie Ihre Jira-Administration, das Feld optional zu machen oder mit einem Standardwert zu versehen, und versuchen Sie es dann erneut.
}
problem-choice-refused = { $project } nimmt „{ $value }“ für { $field } in neuen Vorgängen nicht an; darum wartet { $issue } von { $partner }.
problem-choice-refused-next = Wählen Sie einen anderen Wert; die wartenden Vorgänge gehen sofort weiter. Jira sagte: { $detail }
problem-choice-refused-many = { $project } nimmt „{ $value }“ für { $field } in neuen Vorgängen nicht an; darum warten neue Vorgänge von { $partner }.
problem-nothing-asked = Problem { $problem } wartet nicht auf einen Wert.
problem-nothing-asked-next = Sehen Sie in die Liste der Probleme: Was auf einen Wert wartet, sagt es dort.
problem-field-not-asked = Das Problem fragt nicht nach einem Feld { $field }.
problem-field-not-asked-next = Geben Sie einen Wert an für: { $fields }.
problem-value-missing = { $field } hat noch keinen Wert.
problem-value-missing-next = Geben Sie für jedes verlangte Feld einen an.
problem-value-unfit = { $field } nimmt „{ $value }“ nicht an.
problem-value-unfit-next = { $allowed }
problem-issue-refused = Jira nimmt { $issue } von { $partner } nicht an: { $detail }
problem-issue-refused-next = Beheben Sie die Ursache in Jira, und versuchen Sie es dann erneut; oder überspringen Sie diesen Vorgang.
problem-issue-refused-many = Jira nimmt Vorgänge von { $partner } nicht an: { $detail }
problem-issue-refused-many-next = Beheben Sie die Ursache in Jira, und versuchen Sie es dann erneut; oder überspringen Sie diese Vorgänge.
problem-text-refused = Jira nimmt einen Text von { $issue } nicht an: { $detail }
problem-text-refused-next = Kürzen oder ändern Sie den Text auf der anderen Seite, und versuchen Sie es dann erneut.
problem-text-refused-many = Jira nimmt Texte nicht an: { $detail }
problem-issue-full = { $issue } nimmt keine weiteren { $what ->
    [comments] Kommentare
   *[attachments] Dateien
} auf: Es sind { $number }, so viele, wie Jira erlaubt. Was { $partner } hinzufügt, bleibt zurück; alles andere des Vorgangs wird abgeglichen.
problem-issue-full-next = Löschen Sie dort, was niemand braucht, und versuchen Sie es erneut, oder überspringen Sie das.
problem-issue-full-many = Diese Vorgänge nehmen keine weiteren { $what ->
    [comments] Kommentare
   *[attachments] Dateien
} auf: Es sind { $number }, so viele, wie Jira erlaubt. Was { $partner } hinzufügt, bleibt zurück; alles andere der Vorgänge wird abgeglichen.
problem-issue-full-many-next = Löschen Sie dort, was niemand braucht, und versuchen Sie es erneut, oder überspringen Sie diese.
problem-attachment-too-large = { $file } ({ $size }) ist größer, als Jira erlaubt. Alles andere von { $issue } wird abgeglichen.
problem-attachment-too-large-next = Überspringen Sie die Datei, oder bitten Sie Ihre Jira-Administration um eine höhere Grenze und versuchen Sie es erneut.
problem-attachment-too-large-many = { $file } ({ $size }) ist größer, als Jira erlaubt. Alles andere dieser Vorgänge wird abgeglichen.
problem-attachment-refused = Jira nimmt { $file } an { $issue } nicht an: { $detail }
problem-attachment-refused-next = Überspringen Sie die Datei, oder beheben Sie die Ursache in Jira und versuchen Sie es erneut.
problem-attachment-refused-many = Jira nimmt { $file } nicht an: { $detail }
problem-attachment-unreadable = { $file } an { $issue } ließ sich nicht ganz aus Jira lesen.
problem-attachment-unreadable-next = Öffnen Sie die Datei in Jira, um zu sehen, ob sie beschädigt ist, und versuchen Sie es dann erneut; oder überspringen Sie sie.
problem-attachment-unreadable-many = { $file } ließ sich nicht ganz aus Jira lesen.
problem-attachment-unreadable-many-next = Öffnen Sie die Dateien in Jira, um zu sehen, ob sie beschädigt sind, und versuchen Sie es dann erneut; oder überspringen Sie sie.
problem-issue-gone = { $issue } wurde gelöscht, verschoben oder verborgen. Der Zwilling bleibt, wie er ist.
problem-issue-gone-next = Geben Sie Ihrem Konto Zugang dazu, und versuchen Sie es erneut; oder überspringen Sie den Vorgang.
problem-issue-gone-many = Diese Vorgänge wurden gelöscht, verschoben oder verborgen. Ihre Zwillinge bleiben, wie sie sind.
problem-issue-gone-many-next = Geben Sie Ihrem Konto Zugang dazu, und versuchen Sie es erneut; oder überspringen Sie die Vorgänge.
problem-twin-deleted = { $issue } wurde gelöscht, verschoben oder verborgen und wird nicht mehr abgeglichen. Der Vorgang von { $partner } bleibt, wie er ist.
problem-twin-deleted-next = Legen Sie ihn aus dem, was { $partner } hat, neu an, oder gleichen Sie ihn nicht mehr ab. Was Ihre eigenen Leute darin schrieben, bleibt nur bei { $partner }.
problem-twin-deleted-many = Diese Vorgänge wurden gelöscht, verschoben oder verborgen und werden nicht mehr abgeglichen. Die Vorgänge von { $partner } bleiben, wie sie sind.
problem-twin-deleted-many-next = Legen Sie sie aus dem, was { $partner } hat, neu an, oder gleichen Sie sie nicht mehr ab. Was Ihre eigenen Leute darin schrieben, bleibt nur bei { $partner }.
problem-mass-loss = { $count } Vorgänge von { $project } sind auf einmal verschwunden. Der Abgleich ist zur Sicherheit angehalten; nichts wurde gelöscht.
problem-mass-loss-next = Prüfen Sie, ob das Konto das Projekt noch sieht, und versuchen Sie es dann erneut. Sind die Vorgänge endgültig weg, überspringen Sie das: Dann werden sie nicht mehr abgeglichen, und ihre Zwillinge bleiben.
problem-twin-twice = { $other } steht für denselben Vorgang von { $partner } wie { $issue }: Jira hat ihn verspätet erstellt, als schon ein anderer erstellt war. Er wird nicht abgeglichen.
problem-twin-twice-next = Löschen Sie { $other } in Jira, wenn niemand ihn braucht, und überspringen Sie dies.
problem-twin-twice-many = Jira hat einige Vorgänge verspätet erstellt, als für dieselben Vorgänge von { $partner } schon andere erstellt waren. Sie werden nicht abgeglichen.
problem-twin-twice-many-next = Löschen Sie sie in Jira, wenn niemand sie braucht, und überspringen Sie dies.
problem-conflict = Beide Seiten haben { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} von { $issue } geändert. Der Text von { $winner } gilt.
problem-conflict-next = Vergleichen Sie beide Texte, und wählen Sie.
problem-conflict-many = Beide Seiten haben { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [issuetype] den Typ
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[other] { $field }
} dieser Vorgänge geändert. Die Texte von { $winner } gelten.
problem-conflict-unknown = Die Aufzeichnung dieser beiden Texte ist nicht mehr da.
problem-conflict-unknown-next = Sehen Sie noch einmal in die Liste.
problem-conflict-unlinked = { $issue } wird nicht mehr abgeglichen; der Text lässt sich daher nicht auf beiden Seiten ändern.
problem-conflict-unlinked-next = Kopieren Sie den Text aus der Aufzeichnung, und fügen Sie ihn selbst in den Vorgang ein.
problem-conflict-kept = Ihre ausgehenden Regeln behalten diesen Text von { $issue } bei Ihnen; er kann daher nicht auf beiden Seiten gelten: { $partner } würde ihn erfahren.
problem-conflict-kept-next = Kopieren Sie den Text, und fügen Sie ihn selbst in { $issue } ein; dort bleibt er bei Ihnen. Oder ändern Sie zuerst die ausgehenden Regeln.
problem-add-unknown = { $site } hat keinen Vorgang { $issue }, oder Sie dürfen ihn nicht sehen.
problem-add-unknown-next = Prüfen Sie den Schlüssel, etwa SUP-17, und ob Sie den Vorgang in Jira öffnen können.
problem-add-elsewhere = { $issue } steht nicht in { $project }.
problem-add-elsewhere-next = Auf dieser Verbindung werden nur Vorgänge aus { $project } abgeglichen.
problem-add-restricted = { $issue } dürfen nicht alle sehen. Deshalb wird er nicht mit { $partner } geteilt.
problem-add-restricted-next = Um ihn zu teilen, entfernen Sie zuerst in Jira seine Sicherheitsstufe.
problem-add-synced = { $issue } wird schon mit { $partner } abgeglichen.
problem-add-synced-next = Es ist nichts zu tun.
problem-add-stopped = { $issue } wurde schon einmal mit { $partner } abgeglichen, und jemand hat das beendet.
problem-add-stopped-next = Er kann nicht wieder aufgenommen werden. Klonen Sie ihn in Jira, und fügen Sie den Klon hinzu.
problem-add-foreign = { $issue } ist die Kopie eines Vorgangs von einem anderen Partner. Deshalb geht er nicht an { $partner } weiter.
problem-add-foreign-next = Um den Inhalt zu teilen, klonen Sie ihn in Jira, und fügen Sie den Klon hinzu.
problem-connect-shared = { $issue } wird mit einem anderen Partner abgeglichen und deshalb nicht auch noch mit einem Vorgang von { $partner } verbunden.
problem-connect-shared-next = Was ein Partner schreibt, geht nicht an einen anderen weiter. Klonen Sie den Vorgang in Jira, und verbinden Sie den Klon.
problem-connect-asked = Zu { $issue } und { $partner } gibt es schon eine offene Frage.
problem-connect-asked-next = Warten Sie auf die Antwort, oder ziehen Sie die Frage zurück.
problem-connect-full = { $limit } Fragen warten schon auf { $partner }.
problem-connect-full-next = Warten Sie auf Antworten, oder ziehen Sie Fragen zurück, die niemand mehr braucht.
problem-connect-key = „{ $key }“ ist kein Schlüssel eines Vorgangs.
problem-connect-key-next = Geben Sie den Schlüssel ein, den { $partner } verwendet, zum Beispiel GX-42.
problem-question-waits = { $partner } möchte { $theirs } ({ $shared ->
    [no] Zusammenfassung nicht freigegeben
   *[other] „{ $summary }“
}) mit Ihrem { $issue } („{ $title }“) verbinden.
problem-question-waits-next = Verbinden Sie die beiden, wenn es um dasselbe geht. Ab dann werden sie abgeglichen.
problem-question-waits-many = { $partner } möchte eigene Vorgänge mit Ihren verbinden.
problem-question-waits-many-next = Beantworten Sie jede Frage: verbinden oder nicht verbinden.
problem-question-gone = Die Frage wartet auf keine Antwort mehr.
problem-question-gone-next = { $partner } hat sie zurückgezogen, oder einer der beiden Vorgänge hat sich geändert. Sollen sie noch verbunden werden, fragen Sie neu.
problem-pair-unknown = Mit { $partner } wird kein Vorgang { $issue } abgeglichen.
problem-pair-unknown-next = Sehen Sie noch einmal in die Liste der Vorgänge: Vielleicht heißt er jetzt anders.
problem-pair-unlinked = { $issue } wird nicht mehr mit { $partner } abgeglichen.
problem-pair-unlinked-next = Es ist nichts zu tun: Beide Vorgänge bleiben, wie sie sind.
problem-pair-not-here = { $issue } von { $partner } steht noch nicht in Ihrem Jira.
problem-pair-not-here-next = Der Vorgang wird geschrieben, sobald es geht. Sehen Sie nach, ob etwas daran Aufmerksamkeit braucht.
problem-pair-ended = Mit { $partner } wird nichts abgeglichen: Die Verbindung ist beendet oder hat noch nicht begonnen.
problem-pair-ended-next = Sehen Sie in die Liste der Verbindungen.
problem-problem-unknown = In der Liste gibt es kein Problem { $problem }.
problem-problem-unknown-next = Vielleicht ist es inzwischen erledigt. Sehen Sie noch einmal in die Liste.
problem-disk-full = Der Datenträger mit { $folder } ist voll.
problem-disk-full-next = Schaffen Sie etwas Platz. Der Abgleich geht von selbst weiter.
problem-folder-unusable = Der Ordner { $folder } lässt sich nicht verwenden: { $detail }
problem-folder-unusable-next = Geben Sie Ihrem Benutzer das Recht, dort zu schreiben, oder wählen Sie mit --data einen anderen Ordner.
problem-file-unwritable = Die Datei { $file } lässt sich nicht schreiben: { $detail }
problem-file-unwritable-next = Geben Sie Ihrem Benutzer das Recht, dort zu schreiben, oder schaffen Sie dort Platz, und versuchen Sie es erneut.
problem-already-running = Twinline läuft schon mit den Daten in { $folder }.
problem-already-running-next = Verwenden Sie das laufende, oder beenden Sie es zuerst.
problem-database-restored = Die Daten von Twinline waren beschädigt. Es geht weiter mit der Sicherung vom { $time }; was danach kam, findet sich von selbst wieder.
problem-database-restored-next = Es ist nichts zu tun. Die beschädigte Datei ist aufbewahrt als { $kept }.
problem-database-new = Die Daten von Twinline waren beschädigt, und es gab keine Sicherung. Es beginnt von vorn.
problem-database-new-next = Verbinden Sie sich neu. Die beschädigte Datei ist aufbewahrt als { $kept }.
problem-drift = Eine andere Automatisierung ändert immer wieder { $field ->
    [summary] die Zusammenfassung
    [description] die Beschreibung
    [labels] die Stichwörter
    [priority] die Priorität
    [status] den Status
   *[issuetype] den Typ
}, gleich nach Twinline.
problem-drift-next = Sehen Sie sich die Automatisierungsregeln des Projekts an, und versuchen Sie es dann erneut.
problem-script-failed = Die { $direction ->
    [outgoing] ausgehenden
   *[other] eingehenden
} Regeln sind bei { $issue ->
    [none] diesem Vorgang
   *[other] { $issue }
} stehen geblieben{ $place ->
    [line] , Zeile { $line }
   *[other] {""}
}: { $detail }
problem-script-failed-next = Berichtigen Sie die Regeln oder den Vorgang, und versuchen Sie es erneut. Dieser Vorgang wartet; alle anderen gehen weiter.
problem-script-failed-many = Die { $direction ->
    [outgoing] ausgehenden
   *[other] eingehenden
} Regeln sind bei mehreren Vorgängen stehen geblieben{ $place ->
    [line] , Zeile { $line }
   *[other] {""}
}: { $detail }
problem-script-failed-many-next = Berichtigen Sie die Regeln oder die Vorgänge, und versuchen Sie es erneut. Diese Vorgänge warten; alle anderen gehen weiter.
problem-rules-invalid = Die { $direction ->
    [outgoing] ausgehenden
   *[other] eingehenden
} Regeln wurden nicht gespeichert. { $detail }
problem-rules-invalid-next = Berichtigen Sie diese Zeile, und speichern Sie erneut. Die bisherigen Regeln bleiben in Kraft.
problem-rules-changed = { $by } hat am { $time } Version { $version } der Regeln gespeichert, während Sie daran arbeiteten.
problem-rules-changed-next = Sehen Sie sich diese Version an, und speichern Sie Ihre erneut, wenn sie jene ersetzen soll. Was Sie geschrieben haben, steht noch hier.
problem-rules-basic = Die Regeln des Basic-Modus lassen sich nicht bearbeiten.
problem-rules-basic-next = Wechseln Sie mit der Verbindung zu { $partner } zuerst in den Script-Modus.
problem-rules-version-unknown = Diese Version der Regeln gibt es nicht.
problem-rules-version-unknown-next = Wählen Sie eine aus der Liste.
problem-another-copy = Twinline läuft mit denselben Daten an einem anderen Ort. Dieses hier ändert bis dahin nichts.
problem-another-copy-next = Wird das andere nicht mehr verwendet, lassen Sie dieses übernehmen.
problem-data-newer = Die Daten in { $folder } wurden von einer neueren Version von Twinline geschrieben.
problem-data-newer-next = Aktualisieren Sie Twinline.
problem-database = Die Datenbank lässt sich nicht lesen oder schreiben: { $detail }
problem-database-next = Prüfen Sie, ob der Datenträger in Ordnung ist und kein anderes Programm die Datei verwendet, und starten Sie Twinline dann neu.
problem-tracker-odd = { $site } antwortet auf eine Weise, die Twinline nicht erwartet: { $detail }
problem-tracker-odd-next = Versuchen Sie es erneut. Wenn es bleibt, prüfen Sie, ob zwischen diesem Computer und Jira ein Proxy steht.
problem-internal = In Twinline ist etwas schiefgegangen: { $detail }
problem-internal-next = Starten Sie Twinline neu. Wenn es bleibt, senden Sie uns das Protokoll.
