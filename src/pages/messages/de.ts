import type { Messages } from './messages.ts'

export const de: Messages = {
  name: 'Deutsch',
  dir: 'ltr',
  live: {
    locale: 'de-u-nu-latn',
    states: {
      joining: {
        title: 'Platz wird gesucht',
        heading: 'Einen Moment bitte',
        lead: 'Wir besorgen Ihnen einen Platz in der Warteschlange. Diese Seite versucht es von selbst weiter.',
      },
      lobby: {
        title: 'Beginn um {time} – {event}',
        heading: 'Es hat noch nicht begonnen',
        lead: 'Beginn ist am {date}. Lassen Sie diese Seite offen: Sie bringt Sie weiter, sobald Sie an der Reihe sind.',
      },
      drawing: {
        title: 'Die Plätze werden ausgelost',
        heading: 'Die Plätze werden ausgelost',
        lead: 'Das dauert höchstens eine Minute. Ihr Platz erscheint dann auf dieser Seite.',
      },
      waiting: {
        title: '{position} in der Schlange',
        heading: 'Sie stehen in der Warteschlange',
        lead: 'Gerade möchten viele Menschen herein. Lassen Sie diese Seite offen: Sie bringt Sie weiter, sobald Sie an der Reihe sind.',
      },
      almost: {
        title: '{position} – gleich geschafft',
        heading: 'Gleich sind Sie dran',
        lead: 'Bitte bleiben Sie hier. Sie kommen sehr bald an die Reihe, dann bringt diese Seite Sie weiter.',
      },
      paused: {
        title: '{position} – Schlange pausiert',
        heading: 'Die Warteschlange macht Pause',
        lead: 'Im Moment wird niemand eingelassen. Ihr Platz bleibt erhalten, und es geht von dort aus weiter.',
      },
      full: {
        title: 'Die Warteschlange ist voll',
        heading: 'Die Warteschlange ist voll',
        lead: 'Gerade ist kein Platz für weitere Wartende. Diese Seite versucht es weiter und stellt Sie an, sobald es geht.',
      },
      closed: {
        title: 'Die Warteschlange ist geschlossen',
        heading: 'Die Warteschlange ist geschlossen',
        lead: 'Im Moment kann sich niemand anstellen. Diese Seite sagt Ihnen, wenn sich das ändert.',
      },
      'sold-out': {
        title: 'Ausverkauft',
        heading: 'Ausverkauft',
        lead: 'Es wird niemand mehr eingelassen. Sie können die Schlange verlassen oder Ihren Platz behalten, falls sich das ändert.',
      },
      ended: {
        title: 'Es ist vorbei',
        heading: 'Es ist vorbei',
        lead: 'Diese Aktion ist beendet, und die Warteschlange ist geschlossen.',
      },
      expired: {
        title: 'Ihr Platz ist weg',
        heading: 'Ihr Platz in der Schlange ist weg',
        lead: 'Wir haben zu lange nichts von dieser Seite gehört, darum ging Ihr Platz an die nächste Person. Sie können sich hinten wieder anstellen.',
        action: 'Wieder anstellen',
      },
      moved: {
        title: 'Ihr Platz ist umgezogen',
        heading: 'Ihr Platz ist auf einem anderen Gerät',
        lead: 'Sie haben auf einem anderen Gerät oder in einem anderen Browser weitergemacht, und Ihr Platz ist jetzt dort. Öffnen Sie Ihren Link erneut, um hierher zurückzukehren.',
      },
      left: {
        title: 'Sie haben die Schlange verlassen',
        heading: 'Sie haben die Schlange verlassen',
        lead: 'Ihr Platz ging an die nächste Person. Sie können diese Seite schließen.',
        action: 'Wieder anstellen',
      },
      lost: {
        title: 'Verbindung unterbrochen',
        heading: 'Verbindung unterbrochen',
        lead: 'Wir erreichen den Warteraum gerade nicht. Diese Seite versucht es von selbst weiter.',
      },
      admitted: {
        title: 'Sie sind an der Reihe',
        heading: 'Sie sind an der Reihe',
        lead: 'Wir bringen Sie jetzt weiter.',
        action: 'Weiter',
      },
    },
    ahead: { one: '{n} Person vor Ihnen', other: '{n} Personen vor Ihnen' },
    inLine: { one: '{n} Person in der Schlange', other: '{n} Personen in der Schlange' },
    next: 'Sie sind als Nächstes dran',
    wait: {
      unknown: 'noch nicht bekannt',
      paused: 'während der Pause nicht bekannt',
      soon: 'weniger als eine Minute',
      upTo: 'bis zu {high}',
      about: 'etwa {high}',
      range: '{low} bis {high}',
    },
    around: 'gegen {time}',
    between: 'zwischen {low} und {high}',
    joined: 'Angestellt um {time}',
    updated: 'Stand: {time}',
    kept: 'Verbleibende Zeit, in der Ihr Platz erhalten bleibt: {time}.',
    maybeGone: 'Ihr Platz ist inzwischen vielleicht weg.',
    opens: 'Sie öffnet am {time}. Diese Seite stellt Sie dann von selbst an.',
    limited:
      'Aus Ihrem Netzwerk stellen sich gerade mehr Menschen an, als wir auf einmal aufnehmen. Diese Seite versucht es von selbst weiter.',
    drawn: 'Ihr Platz wird um {time} ausgelost. Früher zu kommen bringt keinen Vorteil.',
    startsIn: 'Beginn in',
    opensIn: 'Öffnet in',
    starting: 'Es geht los',
    rank: 'Ihr Platz in der Auslosung: {rank} von {entries}',
    announce: 'Sie sind Nummer {position} in der Schlange. Voraussichtliche Wartezeit: {wait}.',
    returned: 'Einige vor Ihnen sind auf ihre Plätze zurückgekehrt, darum ist Ihre Position höher als zuvor.',
    slower: 'Es geht langsamer voran als zuvor, darum ist die geschätzte Wartezeit gestiegen.',
    betterTicket: 'Sie hatten zwei Tickets. Wir haben das bessere behalten, Nummer {number}.',
    newTicket: 'Ihr früheres Ticket ging verloren. Sie haben jetzt Nummer {number}.',
    cookies:
      'Bitte erlauben Sie Cookies für diese Seite: Ohne sie können Sie nicht eingelassen werden, wenn Sie an der Reihe sind.',
    otherTab: 'Sie werden in einem anderen Tab dieses Browsers eingelassen. Sie können auch hier fortfahren.',
    leaveFailed:
      'Wir konnten den Warteraum nicht erreichen, Sie stehen also noch in der Schlange. Bitte versuchen Sie es noch einmal.',
    noNotifications: 'Ihr Browser erlaubt dieser Seite keine Benachrichtigungen, es bleibt beim Ton.',
  },
  frame: {
    position: 'Ihre Position',
    wait: 'Voraussichtliche Wartezeit',
    progress: 'Fortschritt, seit Sie warten',
    ticket: 'Ticketnummer',
    entry: 'Losnummer',
    drawTitle: 'So lässt sich die Auslosung prüfen',
    drawHow:
      'Die Reihenfolge ergibt sich aus einem Geheimnis, das vorab festgelegt wurde. Dies ist sein Fingerabdruck (SHA-256). Nach der Auslosung wird das Geheimnis veröffentlicht, und alle können jeden Platz nachprüfen.',
    drawLink: 'Auslosung ansehen und prüfen',
    message: 'Eine Nachricht an alle Wartenden',
    language: 'Sprache',
    callMe: 'Bescheid geben, wenn ich dran bin',
    callMeHow: 'Mit einem Ton und, wenn Sie es erlauben, einer Benachrichtigung',
    noReload: 'Neu laden ist nicht nötig: Diese Seite aktualisiert sich selbst.',
    noScript: 'Diese Seite lädt sich alle paar Sekunden selbst neu.',
    refresh: 'Jetzt nachsehen',
    notSent: 'Was Sie abgeschickt haben, kam nicht an. Bitte senden Sie es noch einmal, sobald Sie eingelassen sind.',
    howTitle: 'So funktioniert es',
    how: [
      'Alle erhalten in der Reihenfolge ihrer Ankunft eine Ticketnummer, und in dieser Reihenfolge wird eingelassen.',
      'Neu laden oder die Seite zweimal öffnen kostet Sie Ihren Platz nicht.',
      'Wenn die Verbindung abbricht oder Ihr Telefon sich sperrt, bleibt Ihr Platz einige Minuten erhalten.',
      'Die Wartezeit ist geschätzt, danach, wie schnell zuletzt eingelassen wurde. Sie kann sinken, aber auch steigen.',
      'Lassen Sie Cookies eingeschaltet, und nennen Sie Ihre Ticketnummer, wenn Sie um Hilfe bitten.',
    ],
    leave: 'Warteschlange verlassen',
    leaveAsk: 'Ihr Platz geht dann an die nächste Person. Wer zurückkommt, stellt sich hinten an.',
    leaveYes: 'Ja, Platz aufgeben',
  },
  plain: {
    framed: {
      title: 'Hier ist gerade viel los',
      text: 'Es gibt eine Warteschlange, und einen Platz darin gibt es nur in einem eigenen Fenster.',
      link: 'Seite öffnen',
    },
    originDown: { title: 'Die Website ist nicht erreichbar', text: 'Bitte versuchen Sie es gleich noch einmal.' },
    originSlow: {
      title: 'Die Website antwortet nicht rechtzeitig',
      text: 'Bitte versuchen Sie es gleich noch einmal.',
    },
    sessionKept: 'Sie sind eingelassen und behalten Ihre Sitzung.',
    notConfigured: {
      title: 'Diese Website ist noch nicht eingerichtet',
      text: 'Dem Warteraum davor fehlt eine Einstellung. In seinem Protokoll steht, welche.',
    },
    left: {
      title: 'Sie haben die Schlange verlassen',
      text: 'Ihr Platz ging an die nächste Person. Sie können sich hinten wieder anstellen.',
      link: 'Wieder anstellen',
    },
    foreign: { title: 'Das kam nicht von dieser Website', text: 'Verlassen Sie die Schlange auf ihrer eigenen Seite.' },
    unreachable: { title: 'Bitte versuchen Sie es noch einmal', text: 'Der Warteraum ist gerade nicht erreichbar.' },
    noTicket: {
      title: 'Wir sehen Ihr Ticket nicht',
      text: 'Ihr Platz in der Schlange steht in einem Cookie. Wenn dieser Browser Cookies blockiert, erlauben Sie sie bitte für diese Website und stellen Sie sich dann an.',
      link: 'Anstellen',
    },
    undelivered: {
      title: 'Was Sie abgeschickt haben, kam nicht an',
      text: 'Sie hatten in diesem Moment keinen Platz auf der Website: Vielleicht war Ihr Besuch schon beendet oder noch nicht begonnen. Öffnen Sie die Seite, um eingelassen zu werden oder sich anzustellen, und senden Sie es bitte noch einmal, sobald Sie eingelassen sind.',
      link: 'Seite öffnen',
    },
    unreadable: {
      title: 'Das Formular konnte nicht gelesen werden',
      text: 'Es hat sich nichts geändert. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
    },
    unknownLanguage: {
      title: 'Diese Sprache gibt es hier nicht',
      text: 'Bitte gehen Sie zurück und wählen Sie eine andere.',
    },
    check: {
      title: 'Einen Moment bitte',
      text: 'Bevor Sie sich anstellen, wird Ihr Browser geprüft, damit Menschen die Plätze bekommen und nicht Programme. Das dauert einige Sekunden.',
      link: 'Weiter',
    },
    checkScript:
      'Die Prüfung braucht JavaScript. Bitte schalten Sie es für diese Website ein und laden Sie diese Seite neu.',
    checkFailed: {
      title: 'Die Prüfung wurde nicht abgeschlossen',
      text: 'Bitte versuchen Sie es noch einmal. Wenn es weiter nicht klappt, erlauben Sie Skripte von challenges.cloudflare.com, oder nehmen Sie einen anderen Browser oder ein anderes Netz.',
      link: 'Noch einmal versuchen',
    },
    checkLater: { title: 'Bitte versuchen Sie es gleich noch einmal', text: 'Die Prüfung ist gerade nicht verfügbar.' },
    work: {
      text: 'Bevor Sie sich anstellen, löst Ihr Browser eine kleine Aufgabe, damit Programme nicht viele Plätze belegen können. Das dauert meist einige Sekunden.',
      progress: '{percent} erledigt',
      slow: 'Wenn das hier nicht klappt, können Sie sich ohne die Aufgabe anstellen. Dann warten Sie eventuell länger.',
      slowLink: 'Ohne Aufgabe anstellen',
    },
    workFailed: {
      title: 'Die Prüfung wurde nicht abgeschlossen',
      text: 'Die Aufgabe hat zu lange gedauert, oder Ihr Netz hat inzwischen gewechselt. Bitte versuchen Sie es noch einmal.',
    },
    keyNeeded: {
      title: 'Sie brauchen eine Einladung',
      text: 'Im Moment können sich nur Personen mit einer Einladung anstellen. Bitte öffnen Sie den Link, den Sie erhalten haben.',
    },
    keyRefused: {
      title: 'Dieser Link funktioniert nicht',
      used: 'Ihr Link wurde bereits so oft verwendet, wie es möglich ist.',
      revoked: 'Ihr Link ist nicht mehr gültig: Er wurde zurückgezogen.',
      expired: 'Ihr Link ist abgelaufen.',
      invalid:
        'Ihr Link ist unvollständig, noch nicht gültig oder gehört zu einer anderen Seite. Bitte öffnen Sie ihn erneut genau so, wie Sie ihn erhalten haben.',
      link: 'Ohne den Link anstellen',
    },
    taken: {
      title: 'Sie warten schon auf einem anderen Gerät',
      text: 'Ihr Platz mit der Ticketnummer {number} ist auf einem anderen Gerät oder in einem anderen Browser geöffnet. Wenn Sie hier weitermachen, endet er dort, und Sie behalten Ihren Platz.',
      link: 'Hier weitermachen',
    },
    back: 'Zurück',
  },
  draw: {
    title: 'Die Auslosung',
    none: 'In diesem Warteraum gibt es keine Auslosung.',
    planned:
      'Die Plätze aller, die auf den Beginn warten, werden am {time} ausgelost. Die Reihenfolge ergibt sich aus einem Geheimnis, das schon feststeht. Unten steht sein Fingerabdruck (SHA-256). Das Geheimnis selbst wird nach der Auslosung veröffentlicht.',
    made: 'Die Plätze wurden am {time} ausgelost.',
    beaconFixed: 'Hinzu kommt öffentlicher Zufall, den vorab niemand kennt: die unten genannte Runde.',
    beaconUsed: 'Die Auslosung nutzte das Geheimnis und den öffentlichen Zufall, der unten steht.',
    beaconFailed:
      'Der öffentliche Zufall ließ sich nicht innerhalb von 60 Sekunden lesen. Die Auslosung nutzte daher nur das Geheimnis.',
    noBeacon: 'Die Auslosung nutzt nur das Geheimnis.',
    verify:
      'Wenn Sie selbst nachprüfen möchten, speichern Sie die Daten als Datei, und starten Sie {command} im Quellcode des Warteraums (edge-waiting-room).',
    json: 'Daten (JSON)',
  },
}
