// Stands in for the program when the pages are opened in a plain browser: recorded answers, settings that hold for
// as long as the page does, a download that moves. Scenes: index.html?fake&scene=demo, trouble, denied, refused, image,
// bluetooth, welcome, welcome-typing, welcome-dictation.

/** @returns {Promise<import('../backend.js').Backend>} */
export async function fakeBackend() {
  const recorded = await (await fetch(new URL('recorded.json', import.meta.url))).json();
  const { snapshot, microphones, models, report, history, times } = recorded;
  const scene = new URLSearchParams(location.search).get('scene') ?? '';
  /** @type {import('../types.js').FetchState|null} */
  let fetching = null;
  /** @type {any} */
  let trial = null;
  /** @type {Record<string, ((event: {payload: any}) => void)[]>} */
  const heard = {};
  const tell = (/** @type {string} */ event, /** @type {any} */ payload = null) => heard[event]?.forEach((listener) => listener({ payload }));

  const replace = (/** @type {any} */ check) => report.checks.splice(report.checks.findIndex((/** @type {any} */ one) => one.id === check.id), 1, check);

  if (scene.startsWith('welcome')) snapshot.settings['welcome.step'] = scene.split('-')[1] ?? 'microphone';

  if (scene === 'demo' || scene === 'welcome-dictation') {
    Object.assign(snapshot.status, { model: 'fixture-en', modelIsDemo: true });
    for (const model of models) {
      model.current = model.demo;
      model.installed = model.demo;
      model.state = model.demo ? 'installed' : 'missing';
    }
    replace({ id: 'model', name: 'Model', state: 'warning', message: 'Only the demo model is installed: it knows a few words.', nextStep: 'Get a real model under Models.' });
  }
  if (scene === 'trouble') {
    const message = 'The microphone “Conference Room Array” is not connected. Connect it or choose another under Microphones.';
    Object.assign(snapshot.status, { state: 'trouble', trouble: { code: 'no-microphone', message } });
    snapshot.settings['microphone.priority'] = [{ id: 'pulseaudio:desk', name: 'Conference Room Array' }];
    snapshot.problems.push({ key: 'typing.pace_ms', message: 'The pace must be 0 to 100 ms.' });
    replace({ id: 'microphone', name: 'Microphone', state: 'bad', message, nextStep: 'Connect it or choose another.' });
  }
  if (scene === 'denied') {
    Object.assign(snapshot.status, { hotkey: 'RightOption', hotkeyLabel: 'right ⌥' });
    snapshot.settings['dictation.hotkey'] = 'RightOption';
    Object.assign(snapshot, { system: 'macos', permissions: { microphone: 'denied', typing: 'not-asked', listening: 'not-asked' } });
    replace({ id: 'microphone-permission', name: 'Microphone permission', state: 'bad', message: 'Tawk may not use the microphone.', nextStep: 'Switch Tawk on in System Settings, Privacy & Security, Microphone.' });
    replace({ id: 'typing-permission', name: 'Typing permission', state: 'warning', message: 'Tawk has not asked yet whether it may type into other apps.', nextStep: 'Press Allow… in Tawk’s window, and switch Tawk on in System Settings, Privacy & Security, Accessibility.' });
  }

  if (scene === 'bluetooth') microphones.unshift({ id: 'pulseaudio:headset', name: 'Headset', isDefault: false, isBluetooth: true });

  if (scene === 'image') snapshot.placeAdvice = 'Tawk was started from “Tawk 0.1”, a disk image or a disk that can be ejected. Quit Tawk, drag it into the Applications folder in the Finder, and start it from there.';

  /** @type {Record<string, (args: any) => any>} */
  const answers = {
    snapshot: () => structuredClone(snapshot),
    microphones: () => microphones,
    models: () => structuredClone(models),
    doctor: () => report,
    times: () => times,
    copy_report: () => undefined,
    recover: () => undefined,
    import_model: () => {
      if (scene === 'refused') throw { code: 'bad-model', message: 'notes.bin is no Whisper model. Choose another file.' };
      models.push({ ...models[1], id: 'mine.bin', name: 'mine.bin', current: false, recommended: false, hint: '' });
      tell('settings');
      return true;
    },
    verify_model: ({ id }) => {
      if (scene === 'refused') throw { code: 'bad-model', message: `${id} is damaged: its checksum is wrong. Get it again.` };
    },
    remove_model: ({ id }) => {
      Object.assign(models.find((/** @type {any} */ one) => one.id === id), { installed: false, current: false, state: 'missing' });
      tell('settings');
    },
    set_setting: ({ key, value }) => {
      if (scene === 'refused' || (key === 'dictation.hotkey' && !/[+F]/.test(value))) {
        throw { code: 'bad-settings', message: `“${value}” cannot be used here. Choose another.` };
      }
      snapshot.settings[key] = value;
      if (key === 'dictation.hotkey') Object.assign(snapshot.status, { hotkey: value, hotkeyLabel: value });
      tell('settings');
    },
    fetch_model: ({ id }) => {
      const model = models.find((/** @type {any} */ one) => one.id === id);
      fetching = { id, done: 0, total: model.bytes, finished: false, error: null };
      const step = () => {
        if (!fetching || fetching.finished) return;
        const done = Math.min(fetching.total, fetching.done + fetching.total / 20);
        fetching = { ...fetching, done, finished: done === fetching.total };
        tell('fetch', fetching);
        if (!fetching.finished) return void setTimeout(step, 150);
        Object.assign(model, { installed: true, state: 'installed' });
        tell('settings');
      };
      step();
    },
    fetch_state: () => fetching,
    cancel_fetch: () => {
      if (fetching) Object.assign(models.find((/** @type {any} */ one) => one.id === fetching?.id), { state: 'partial' });
      if (fetching) fetching = { ...fetching, finished: true, error: { code: 'aborted', message: 'The download was cancelled.' } };
      tell('fetch', fetching);
      tell('settings');
    },
    try_microphone: () => {
      if (scene === 'refused') throw { code: 'usage', message: 'A dictation is being spoken, so the microphone works. End it first to try the microphone out.' };
      trial = { isListening: true, microphone: 'Built-in Microphone', levelDbfs: null, heardMs: 0, isHeard: false, isPlaying: false, error: null };
      const step = () => {
        if (!trial.isListening) return;
        trial = { ...trial, heardMs: trial.heardMs + 100, levelDbfs: -35 + 20 * Math.sin(trial.heardMs / 300), isHeard: trial.heardMs > 400 };
        tell('trial', trial);
        setTimeout(step, 100);
      };
      step();
    },
    end_trial: () => {
      if (!trial?.isListening) return;
      trial = { ...trial, isListening: false, levelDbfs: null };
      tell('trial', trial);
    },
    play_trial: () => {
      trial = { ...trial, isPlaying: true };
      tell('trial', trial);
    },
    request_permission: () => undefined,
    open_permission_settings: () => undefined,
    copy_last_text: () => undefined,
    set_login_item: ({ on }) => {
      if (scene === 'refused') throw { code: 'unsupported', message: 'The system did not change whether Tawk starts at login.' };
      const approval = on && scene === 'denied';
      snapshot.loginItem = {
        on,
        state: approval ? 'needs-approval' : on ? 'on' : 'off',
        advice: approval ? 'Open System Settings, General, Login Items, and switch Tawk on.' : null,
      };
      return snapshot.loginItem;
    },
    open_login_items: () => undefined,
    show_applications: () => undefined,
    erase: ({ models: all }) => {
      Object.assign(snapshot.status, { state: 'trouble', trouble: { code: 'not-running', message: 'Everything was deleted. Quit Tawk.' } });
      return {
        removed: ['Settings: ~/.config/tawk/settings.toml', 'Recordings (2 files): ~/.local/share/tawk/recordings', 'The start at login'],
        left: all ? [] : ['The models (1 file) in ~/.local/share/tawk/models were left. To remove them as well: tawk erase --models.'],
        failed: scene === 'refused' ? ['Tawk cannot remove ~/.local/share/tawk/logs: the access is denied. Correct the access rights and try again.'] : [],
      };
    },
    quit: () => undefined,
    history: ({ query, before }) => {
      const words = query.toLowerCase().split(/\s+/);
      const fits = (/** @type {any} */ one) => words.every((/** @type {string} */ word) => one.text.toLowerCase().includes(word));
      return structuredClone(history.filter((/** @type {any} */ one) => fits(one) && (before === null || one.id < before)).slice(0, 20));
    },
    copy_dictation: () => undefined,
    play_dictation: ({ id }) => {
      if (scene === 'refused') throw { code: 'unsupported', message: 'There is no loudspeaker. Connect one, or choose one in the system’s settings, and play anew.' };
      snapshot.status.playing = id;
      tell('status');
    },
    stop_playing: () => {
      if (trial?.isPlaying) {
        trial = { ...trial, isPlaying: false };
        tell('trial', trial);
      }
      snapshot.status.playing = null;
      tell('status');
    },
    recognise_again: ({ id, model }) => {
      if (scene === 'refused') throw { code: 'usage', message: 'A recording is being recognised already. Wait until its text is there.' };
      snapshot.status.recognisingAgain = id;
      tell('status');
      setTimeout(() => {
        const one = history.find((/** @type {any} */ other) => other.id === id);
        if (one) Object.assign(one, { firstText: one.firstText ?? one.text, text: `What ${model} hears in it.` });
        snapshot.status.recognisingAgain = null;
        tell('status');
        tell('history');
      }, 1500);
    },
    delete_dictation: ({ id }) => {
      times.splice(0, times.length, ...times.filter((/** @type {any} */ one) => one.id !== id));
      history.splice(history.findIndex((/** @type {any} */ one) => one.id === id), 1);
      tell('history');
    },
    delete_history: () => {
      history.length = 0;
      times.length = 0;
      tell('history');
    },
  };
  return {
    invoke: async (command, args) => answers[command](args),
    listen: async (event, listener) => void (heard[event] ??= []).push(listener),
  };
}
