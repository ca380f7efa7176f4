"""The settings window's pages in a browser: types, accessibility, the keyboard, both languages, every place."""

import json
import re
import subprocess
import unittest

from browser import PLACES, ROOT, UI, Browser, Pages

TOOLS = ROOT / "target/tools/ui/node_modules"
TAB, ENTER, DOWN, UP, END, F9 = "\ue004", "\ue007", "\ue015", "\ue013", "\ue010", "\ue039"
# What the recorded backend can be asked to show, and where.
SCENES = [("demo", "dictation"), ("trouble", "dictation"), ("trouble", "microphones"), ("denied", "dictation"), ("image", "dictation"), ("bluetooth", "microphones"), ("welcome", "welcome"), ("welcome-typing", "welcome"), ("welcome-dictation", "welcome"), ("denied", "welcome")]
LOOKS = [("light", {}), ("dark", {"dark": True}), ("200 %", {"zoom": 2})]
# German words are longer, which shows where there is little room.
LANGUAGES = {"light": ["en-GB"], "dark": ["en-GB"], "200 %": ["en-GB", "de-DE"]}

# Every control that can be used in what is shown now; of radio buttons of one name the chosen one, or the first.
CONTROLS = """
const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled;
const all = [...document.querySelectorAll('button, input, select, textarea, summary, a[href]')].filter(shown);
const first = (e) => {
  const group = all.filter((other) => other.type === 'radio' && other.name === e.name);
  return (group.find((one) => one.checked) ?? group[0]) === e;
};
window.controls = all.filter((e) => e.type !== 'radio' || first(e));
return window.controls.length;
"""
FOCUSED = """
const e = document.activeElement;
if (!e || e === document.body) return null;
const style = getComputedStyle(e);
return [window.controls.indexOf(e), e.outerHTML.slice(0, 120), style.outlineStyle, parseFloat(style.outlineWidth)];
"""


class Types(unittest.TestCase):
    def test_the_pages_have_the_types_they_say(self):
        done = subprocess.run(
            ["node", TOOLS / "typescript/bin/tsc", "--project", UI / "jsconfig.json"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Window(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = cls.enterClassContext(Pages())
        cls.browser = cls.enterClassContext(Browser())
        cls.axe = (TOOLS / "axe-core/axe.min.js").read_text()

    def tearDown(self):
        complaints = [one for one in self.browser.complaints() if "favicon" not in one]
        self.assertEqual(complaints, [])

    def open(self, place="dictation", scene="", **look):
        self.browser.look(**look)
        self.browser.open(self.pages.address(place, scene))

    def violations(self):
        self.browser.script(f"if (!window.axe) {{ {self.axe} }}")
        found = self.browser.script_later(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document).then((r) => done(r.violations.map((v) => [v.id, v.help, v.nodes.map((n) => n.target.join(' ') + ': ' + n.failureSummary)])),"
            " (error) => done(String(error)))"
        )
        return found

    def assert_good(self):
        self.assertEqual(self.violations(), [])
        wide = self.browser.script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        self.assertLessEqual(wide[0], wide[1], "The page is wider than its window.")
        self.assertNotIn("undefined", self.browser.script("return document.body.innerText"))

    def test_the_checkers_find_what_is_wrong(self):
        self.open()
        self.browser.script("document.querySelector('#settings').append(document.createElement('select'))")
        self.assertEqual([one[0] for one in self.violations()], ["select-name"])
        self.browser.script("const e = document.createElement('b'); e.setAttribute('style', 'color: red'); document.body.append(e)")
        self.assertIn("style-src", " ".join(self.browser.complaints()))

    def test_no_place_breaks_a_rule_of_accessibility(self):
        for name, look in LOOKS:
            for language in LANGUAGES[name]:
                for place in PLACES:
                    with self.subTest(look=name, language=language, place=place):
                        self.open(place, language=language, **look)
                        if place == "dictation":
                            self.browser.click("#more-typing summary")
                        self.assert_good()

    def test_no_trouble_breaks_a_rule_of_accessibility(self):
        for name, look in LOOKS:
            for scene, place in SCENES:
                with self.subTest(look=name, scene=scene):
                    self.open(place, scene, **look)
                    self.assert_good()

    def test_no_question_breaks_a_rule_of_accessibility(self):
        for name, look in LOOKS:
            with self.subTest(look=name):
                self.open("health", **look)
                self.browser.click("#erase")
                self.assert_good()
                self.browser.click("#erase-yes")
                self.browser.wait("[data-erased]")
                self.assert_good()
                self.open("history", **look)
                self.browser.click("#retention summary")
                self.browser.click('[data-focus="delete 12"]')
                self.browser.wait('[data-action="sure"]')
                self.assert_good()
                self.browser.click('[data-focus="play 11"]')
                self.browser.click('[data-focus="again 9"]')
                self.browser.wait('[data-focus="model 9"]')
                self.assert_good()
                self.open("dictation", "refused", **look)
                self.browser.script("document.querySelector('#escape').click()")
                self.browser.wait('[aria-invalid="true"]')
                self.assert_good()

    def test_tab_reaches_every_control_and_each_has_a_name(self):
        for place in PLACES:
            with self.subTest(place=place):
                self.open(place)
                for name, more in [("history", "#retention"), ("dictation", "#more-typing")]:
                    if place == name:
                        self.browser.click(f"{more} summary")
                if place == "models":
                    self.browser.click('[data-action="show-all-models"]')
                count = self.browser.script(CONTROLS)
                self.assertGreater(count, 6)
                self.browser.script("document.activeElement?.blur(); getSelection().removeAllRanges(); window.scrollTo(0, 0)")
                met = set()
                for _ in range(count + 3):
                    self.browser.press(TAB)
                    focused = self.browser.script(FOCUSED)
                    if focused is None:
                        continue
                    at, html, ring, width = focused
                    self.assertGreaterEqual(at, 0, html)
                    self.assertNotEqual(ring, "none", f"{html} shows no ring")
                    self.assertGreaterEqual(width, 2, html)
                    met.add(at)
                    element = next(iter(self.browser.script("return document.activeElement").values()))
                    self.assertTrue(self.browser.call("GET", f"/element/{element}/computedlabel", None).strip(), html)
                missed = self.browser.script("return arguments[0].map((i) => window.controls[i].outerHTML.slice(0, 120))", [i for i in range(count) if i not in met])
                self.assertEqual(missed, [])

    def test_the_sidebar_leads_to_every_place_and_the_place_is_remembered(self):
        self.open()
        shown = "return [...document.querySelectorAll('[data-panel]')].filter((e) => e.checkVisibility()).map((e) => e.dataset.panel)"
        focus = "return document.activeElement.id || document.activeElement.dataset.place || ''"
        titles = ["dictation-title", "microphone-title", "model-title", "history-title", "health-title"]
        for place, title in zip(PLACES, titles):
            self.browser.click(f'[data-place="{place}"]')
            self.assertEqual(self.browser.script(shown), [place])
            self.assertEqual(self.browser.script(focus), title)
            current = "return [...document.querySelectorAll('[aria-current=page]')].map((e) => e.dataset.place)"
            self.assertEqual(self.browser.script(current), [place])
        # The arrows walk on from where the keyboard is, which stays in the sidebar.
        self.browser.script("document.querySelector('[data-place=dictation]').focus()")
        for key, place in [(DOWN, "microphones"), (DOWN, "models"), (UP, "microphones"), (END, "health"), (DOWN, "health")]:
            self.browser.press(key)
            self.assertEqual((self.browser.script(shown), self.browser.script(focus)), ([place], place))
        # The last one is shown again, unless the address says another or nothing that exists.
        for address, place in [("", "health"), ("history", "history"), ("nowhere", "health")]:
            self.open(address)
            self.assertEqual(self.browser.script(shown), [place])
        self.browser.script("location.hash = 'models'")
        self.browser.wait_for("the place", lambda: self.browser.script(shown) == ["models"])

    def test_microphones_are_dragged_into_order(self):
        self.open("microphones")
        order = "return [...document.querySelectorAll('#microphones [data-microphone]')].map((e) => e.dataset.microphone)"
        self.assertEqual(self.browser.script(order), ["pulseaudio:headset", "pulseaudio:usb", "default"])
        self.browser.drag('[data-microphone="default"] .what', 0, -150)
        self.browser.wait_for("the order", lambda: self.browser.script(order) == ["default", "pulseaudio:headset", "pulseaudio:usb"])
        self.browser.drag('[data-microphone="default"] .what', 0, 65)
        self.browser.wait_for("the order", lambda: self.browser.script(order) == ["pulseaudio:headset", "default", "pulseaudio:usb"])
        # A small slip moves nothing, and a row that is let go stands where it stood.
        self.browser.drag('[data-microphone="default"] .what', 3, 8)
        self.assertEqual(self.browser.script(order), ["pulseaudio:headset", "default", "pulseaudio:usb"])
        self.assertEqual(self.browser.script("return document.querySelectorAll('.dragged, [style*=px]').length"), 0)

    def test_the_first_run_is_walked_by_keyboard_left_and_gone_on_with(self):
        self.open("", "welcome")
        text = lambda css: self.browser.script("return document.querySelector(arguments[0])?.innerText ?? ''", css)
        shown = "return [...document.querySelectorAll('[data-panel], #sidebar')].filter((e) => e.checkVisibility()).map((e) => e.id)"
        focus = "return document.activeElement.id || document.activeElement.dataset.part || ''"
        self.browser.wait_for("the first step", lambda: text("#welcome-title") == "Can Tawk hear you?")
        self.assertEqual(self.browser.script(shown), ["welcome"])
        self.browser.script("document.querySelector('#welcome-title').focus()")
        self.browser.press(TAB)
        self.assertEqual(self.browser.script(focus), "try")
        self.browser.press(ENTER)
        self.browser.wait_for("the voice", lambda: "hears you" in text("#welcome [data-part=note]"))
        level = "return document.querySelector('#welcome meter').value"
        self.browser.wait_for("the level", lambda: self.browser.script(level) > 0.2)
        self.assert_good()
        self.browser.press(ENTER)
        self.browser.wait_for("the end", lambda: "Play it back" in text("#welcome [data-part=note]"))
        self.assertEqual(self.browser.script(level), 0)
        self.browser.click("#welcome-next")
        self.browser.wait_for("the second step", lambda: text("#welcome-title") == "May Tawk type for you?")
        self.assertEqual(self.browser.script(focus), "welcome-title")
        self.browser.click("#welcome-back")
        self.browser.wait_for("the first step", lambda: text("#welcome-title") == "Can Tawk hear you?")
        self.browser.click("#welcome-next")
        self.browser.wait_for("the second step", lambda: text("#welcome-title") == "May Tawk type for you?")
        self.browser.click("#welcome-next")
        self.browser.wait_for("the third step", lambda: text("#welcome-title") == "Say something")
        self.browser.script("document.querySelector('#welcome-field').focus()")
        for letter in "Hello.":
            self.browser.press(letter)
        self.browser.wait_for("the praise", lambda: "It works" in text("#welcome-works"))
        self.browser.click("#welcome-next")
        self.browser.wait_for("the settings", lambda: self.browser.script(shown) == ["sidebar", ""])
        # Nobody comes back to it by himself.
        self.open("", "")
        self.assertEqual(self.browser.script(shown), ["sidebar", ""])
        self.open("", "welcome")
        self.browser.click("#welcome-skip")
        self.browser.wait_for("the settings", lambda: self.browser.script(shown) == ["sidebar", ""])

    def test_without_permissions_the_first_run_says_what_will_not_work(self):
        self.open("welcome", "denied")
        self.browser.script("document.querySelector('#welcome-title').focus()")
        text = lambda: self.browser.script("return document.querySelector('#welcome').innerText")
        self.assertIn("cannot hear you", text())
        self.assertIn("Open System Settings", text())
        self.browser.click("#welcome-next")
        self.browser.wait_for("the next", lambda: "wait in the menu" in text())
        self.assertIn("Allow…", text())

    def test_a_microphone_is_tried_out(self):
        self.open("microphones", "refused")
        note = "return document.querySelector('[data-panel=microphones] [data-part=note]').innerText"
        self.browser.click("[data-panel=microphones] [data-part=try]")
        self.browser.wait_for("the refusal", lambda: "End it first" in self.browser.script(note))
        self.open("microphones")
        self.browser.click("[data-panel=microphones] [data-part=try]")
        self.browser.wait_for("the voice", lambda: "hears you" in self.browser.script(note))
        self.browser.click("[data-panel=microphones] [data-part=try]")
        play = "[data-panel=microphones] [data-part=play]"
        self.browser.click(play)
        label = "return document.querySelector(arguments[0]).innerText"
        self.browser.wait_for("the sound", lambda: self.browser.script(label, play) == "Stop Playing")
        self.browser.click(play)
        self.browser.wait_for("silence", lambda: self.browser.script(label, play) == "Play Back")

    def test_a_download_pauses_and_resumes_and_a_model_is_removed_after_a_question(self):
        self.open("models")
        row = '[data-model="large-v3-turbo-q5_0"]'
        self.browser.click(f"{row} [data-fetch]")
        self.browser.click(f"{row} [data-action=cancel-fetch]")
        text = lambda css: self.browser.script("return document.querySelector(arguments[0])?.innerText ?? ''", css)
        self.browser.wait_for("what is left to do", lambda: text(f"{row} [data-fetch]") == "Resume")
        self.assertIn("partly downloaded", text(row))
        row = '[data-model="base.en-q5_1"]'
        self.browser.click(f"{row} [data-action=verify-model]")
        self.browser.wait_for("what was found", lambda: "The file is whole." in text(row))
        self.browser.click(f"{row} [data-action=remove-model]")
        focus = "return document.activeElement.dataset.action"
        self.browser.wait_for("the question", lambda: self.browser.script(focus) == "keep-model")
        self.browser.press(ENTER)
        self.browser.wait_for("the end of the question", lambda: self.browser.script(focus) == "remove-model")
        self.browser.press(ENTER)
        self.browser.click(f"{row} [data-action=sure-model]")
        self.browser.wait_for("the end of the model", lambda: text(f"{row} [data-fetch]") == "Get")

    def test_a_model_is_imported_and_its_speed_is_told(self):
        self.open("models")
        text = lambda css: self.browser.script("return document.querySelector(arguments[0])?.innerText ?? ''", css)
        # 1480 and 1105 ms for 4200 and 3050 ms of speech.
        self.assertIn("10 s of speech took about 3.6 s here", text('[data-model="base.en-q5_1"]'))
        self.browser.click("#import-model")
        self.browser.wait_for("the model", lambda: "mine.bin" in text("#models"))
        self.browser.wait_for("the note", lambda: text("#note-import") == "The model is imported.")
        self.open("models", "refused")
        self.browser.click("#import-model")
        self.browser.wait_for("the refusal", lambda: "is no Whisper model" in text("#note-import"))
        self.browser.click("[data-action=verify-model]")
        self.browser.wait_for("what was found", lambda: "its checksum is wrong" in text("#models [role=alert]"))

    def test_a_recording_is_played_stopped_and_recognised_again_by_the_keyboard(self):
        self.open("history")
        text = lambda css: self.browser.script("return document.querySelector(arguments[0])?.textContent ?? ''", css)
        focus = lambda: self.browser.script("return document.activeElement.dataset.focus")
        self.browser.script("document.querySelector('[data-focus=\"play 12\"]').focus()")
        self.browser.press(ENTER)
        self.browser.wait_for("the sound", lambda: text('[data-focus="play 12"]') == "Stop")
        self.assertEqual(focus(), "play 12")
        self.assertTrue(text("#history-playing").startswith("Playing: Could you send me the minutes"))
        # One at a time.
        self.browser.click('[data-focus="play 11"]')
        self.browser.wait_for("the other sound", lambda: [text(f'[data-focus="play {id}"]') for id in (12, 11)] == ["Play", "Stop"])
        self.browser.press(ENTER)
        self.browser.wait_for("silence", lambda: text('[data-focus="play 11"]') == "Play")
        self.assertEqual(text("#history-playing"), "Stopped.")
        self.assertEqual(text('[data-focus="play 8"], [data-focus="again 8"]'), "", "It has no recording.")

        self.browser.script("document.querySelector('[data-focus=\"again 9\"]').focus()")
        self.browser.press(ENTER)
        self.browser.wait_for("the models", lambda: focus() == "model 9")
        for name in ["no 9", "yes 9"]:
            self.browser.press(TAB)
            self.assertEqual(focus(), name)
        self.browser.press(ENTER)
        self.browser.wait_for("the beginning", lambda: "Recognising…" in text('[data-dictation="9"]'))
        self.browser.wait_for("the new text", lambda: "hears in it." in text('[data-dictation="9"] .said'))
        self.open("history", "refused")
        self.browser.click('[data-focus="play 12"]')
        self.browser.wait_for("the refusal", lambda: "There is no loudspeaker." in text('[data-dictation="12"] .note'))

    def test_a_hotkey_that_the_system_uses_is_told(self):
        self.open()
        said = lambda: self.browser.script("return document.querySelector('#hotkey-conflict').textContent")
        self.assertEqual(said(), "")
        for typed, use in [("Alt+Tab", "switching windows"), ("win + L", "locking the screen")]:
            self.browser.fill("#hotkey", typed)
            self.browser.wait_for("the warning", lambda: use in said())
        self.browser.click("#record")
        self.browser.press(F9)
        self.browser.wait_for("the end of the warning", lambda: said() == "")
        self.assertEqual(self.browser.script("return document.querySelector('#hotkey').value"), "F9")

    def test_each_thing_that_is_wrong_has_its_button(self):
        self.open("health")
        self.browser.click('[data-focus="mend unfinished"]')
        self.open("health", "denied")
        label = "return document.querySelector(arguments[0]).innerText"
        self.assertEqual(self.browser.script(label, '[data-focus="mend microphone-permission"]'), "Open System Settings")
        self.assertEqual(self.browser.script(label, '[data-focus="mend typing-permission"]'), "Allow…")
        self.open("health", "demo")
        self.browser.click('[data-focus="mend model"]')
        self.assertEqual(self.browser.script("return document.activeElement.id"), "model-title")

    def test_what_the_window_shows_first_does_not_jump(self):
        watch = "new PerformanceObserver(() => {}).observe({ type: 'layout-shift', buffered: true })"
        for place in PLACES:
            self.open(place)
            self.browser.script(watch)
            moved = self.browser.script_later(
                "const done = arguments[0]; let sum = 0;"
                "new PerformanceObserver((l) => { for (const e of l.getEntries()) sum += e.value }).observe({ type: 'layout-shift', buffered: true });"
                "setTimeout(() => done(sum), 50)"
            )
            with self.subTest(place=place):
                # What counts as good for a page (Core Web Vitals) is 0.1.
                self.assertLess(moved, 0.1)

    def catalogues(self):
        return self.browser.script_later(
            "const done = arguments[0]; Promise.all([import('/strings/en.js'), import('/strings/de.js')]).then(([{ en }, { de }]) => {"
            " const plain = (v) => typeof v === 'function' ? { takes: v.length, says: v(...Array.from({ length: v.length }, (_, i) => `<${i}>`)) }"
            "   : typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, plain(w)])) : v;"
            " done([plain(en), plain(de)]); })"
        )

    def test_the_catalogues_say_the_same_things(self):
        self.open()
        english, german = self.catalogues()
        self.assertGreater(len(english), 100)
        self.assertEqual(english.keys(), german.keys())
        for name, text in english.items():
            other = german[name]
            with self.subTest(name=name):
                self.assertEqual(type(text), type(other))
                if isinstance(text, str):
                    self.assertTrue(other.strip())
                    # German puts a space before an ellipsis that stands for words.
                    self.assertNotRegex(other, r"\w…")
                elif "says" in text:
                    self.assertEqual(text["takes"], other["takes"])
                    self.assertEqual(sorted(re.findall(r"<\d>", text["says"])), sorted(re.findall(r"<\d>", other["says"])))
                else:
                    self.assertEqual(text.keys(), other.keys())

    def test_every_string_is_used(self):
        self.open()
        english, _ = self.catalogues()
        used = "".join(path.read_text() for path in UI.rglob("*") if path.suffix in (".html", ".js") and path.parent.name not in ("strings", "fake"))
        self.assertEqual([name for name in english if not re.search(rf"\b{name}\b", used)], [])

    def test_the_window_speaks_the_systems_language(self):
        for language, title, number in [("de-AT", "Diktat", "60 MB"), ("fr-FR", "Dictation", "60 MB"), ("en-US", "Dictation", "60 MB")]:
            with self.subTest(language=language):
                self.open("models", language=language)
                said = self.browser.script("return [document.documentElement.lang, document.querySelector('[data-place=dictation]').innerText.trim(), document.querySelector('[data-model=\"base.en-q5_1\"] .detail').textContent]")
                self.assertEqual(said[:2], ["de" if title == "Diktat" else "en", title])
                self.assertTrue(said[2].startswith(number), said[2])
        self.browser.look()


if __name__ == "__main__":
    unittest.main()
