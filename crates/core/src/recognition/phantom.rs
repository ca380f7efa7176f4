//! Phrases that Whisper is known to invent where nobody speaks: closings of videos and credits of subtitles.
//!
//! A closed list. Each phrase was reported as the whole output for silence or noise, at the place that stands beside it;
//! nothing goes in on a guess. A phrase of this list is never enough to withhold a text: see [`super::Recognition::guarded`].

/// A language's code and its phrases. Letters and digits count, case and punctuation do not.
const PHRASES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            // github.com/woheller69/whisperIME issue 57
            "you",
            "Thank you for watching!",
            // github.com/matthartman/ghost-pepper issue 166, zachlatta/freeflow issue 111
            "Thank you.",
            "Thank you very much.",
            // github.com/openai/whisper discussion 679, McCloudS/subgen issue 21
            "Thanks for watching!",
            // github.com/openai/whisper discussion 928
            "www.mooji.org",
            // The makers of Vexa on r/LocalLLaMA, “135 phrases Whisper hallucinates during silence” (2026)
            "Thanks for watching, and I'll see you next time.",
            "Thank you so much for joining us.",
            "Subtitles by the Amara.org community",
        ],
    ),
    // github.com/openai/whisper discussion 928, unless another place is named
    (
        "de",
        &[
            "Untertitel der Amara.org-Community",
            "Untertitelung aufgrund der Amara.org-Community",
            "Untertitel von Stephanie Geiges",
            "Untertitel im Auftrag des ZDF, 2017",
            "Untertitel im Auftrag des ZDF, 2018",
            "Untertitel im Auftrag des ZDF, 2020",
            "Untertitel im Auftrag des ZDF, 2021",
            "Untertitelung im Auftrag des ZDF, 2021",
            "Untertitel im Auftrag des ZDF für funk, 2017",
            "Copyright WDR 2019",
            "Copyright WDR 2020",
            "Copyright WDR 2021",
            "SWR 2020",
            "SWR 2021",
        ],
    ),
    (
        "fr",
        &[
            "Sous-titres réalisés par la communauté d'Amara.org",
            "Sous-titres réalisés para la communauté d'Amara.org",
            "Sous-titres réalisés pour la communauté d'Amara.org",
            "Sous-titres réalisés par les SousTitres d'Amara.org",
            "Sous-titres par la communauté d'Amara.org",
            "Sous-titres par Amara.org",
            "Sous-titrage ST' 501",
            "❤️ par SousTitreur.com",
        ],
    ),
    (
        "it",
        &[
            "Sottotitoli creati dalla comunità Amara.org",
            "Sottotitoli di Sottotitoli di Amara.org",
            "Sottotitoli e revisione al canale di Amara.org",
            "Sottotitoli e revisione a cura di Amara.org",
            "Sottotitoli e revisione a cura di QTSS",
            "Sottotitoli a cura di QTSS",
        ],
    ),
    (
        "es",
        &[
            "Subtítulos realizados por la comunidad de Amara.org",
            "Subtítulos por la comunidad de Amara.org",
            "Subtítulos creados por la comunidad de Amara.org",
            "Subtítulos en español de Amara.org",
            "Subtítulos hechos por la comunidad de Amara.org",
            "Subtitulado por la comunidad de Amara.org",
            "Más información www.alimmenta.com",
        ],
    ),
    (
        "pt",
        &[
            "Legendas pela comunidade Amara.org",
            "Legendas pela comunidade de Amara.org",
            "Legendas pela comunidade do Amara.org",
            "Transcrição e Legendas pela comunidade de Amara.org",
        ],
    ),
    (
        "nl",
        &[
            "Ondertitels ingediend door de Amara.org gemeenschap",
            "Ondertiteld door de Amara.org gemeenschap",
            "Ondertiteling door de Amara.org gemeenschap",
        ],
    ),
    (
        "pl",
        &[
            "Napisy stworzone przez społeczność Amara.org",
            "Napisy wykonane przez społeczność Amara.org",
            "Zdjęcia i napisy stworzone przez społeczność Amara.org",
            "Tłumaczenie i napisy stworzone przez społeczność Amara.org",
            "Tłumaczenie stworzone przez społeczność Amara.org",
            "www.multi-moto.eu",
        ],
    ),
    (
        "ru",
        &[
            "Редактор субтитров А.Синецкая Корректор А.Егорова",
            // github.com/OpenWhispr/openwhispr issue 1458
            "Продолжение следует…",
            "Спасибо",
        ],
    ),
    (
        "tr",
        &[
            "Yorumlarınızıza abone olmayı unutmayın.",
            // github.com/Vexa-ai/vexa issue 617
            "Abone olmayı unutmayın",
        ],
    ),
    (
        "ja",
        &[
            // github.com/amicalhq/amical issue 71, Vexa-ai/vexa issue 617
            "ありがとうございました",
            "おやすみなさい",
            "ご視聴ありがとうございました",
            "次の動画でお会いしましょう",
        ],
    ),
    (
        "ko",
        &[
            // github.com/PocketShell-io/pocketshell issue 452
            "시청해주셔서 감사합니다!",
        ],
    ),
    (
        "zh",
        &[
            "字幕由Amara.org社区提供",
            "小編字幕由Amara.org社區提供",
            // github.com/ufal/whisper_streaming issue 179
            "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        ],
    ),
];

/// Whether `text` is, as a whole, one of the phrases, once or several times. In whatever language: where nobody speaks, Whisper
/// hears any.
pub(super) fn is_phantom(text: &str) -> bool {
    let text = letters(text);
    let is = |phrase: &str| {
        let phrase = letters(phrase);
        text.len().is_multiple_of(phrase.len()) && text == phrase.repeat(text.len() / phrase.len())
    };
    !text.is_empty() && PHRASES.iter().flat_map(|(_, phrases)| phrases.iter()).any(|phrase| is(phrase))
}

/// The letters and digits of `text` in lower case.
pub(super) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_texts_are_found_in_any_spelling() {
        for text in [
            "Thank you.",
            "thank you",
            " THANK YOU! ",
            "Thank you. Thank you. Thank you.",
            "you",
            "Untertitel der Amara.org Community.",
            "Продолжение следует...",
            "ご視聴ありがとうございました。",
            "시청해 주셔서 감사합니다.",
        ] {
            assert!(is_phantom(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in ["", ".", "Thank you, Anna.", "You too.", "I said thank you.", "Thank", "Watching", "Danke."] {
            assert!(!is_phantom(text), "{text}");
        }
    }

    #[test]
    fn the_list_is_in_order() {
        let mut seen: Vec<String> = Vec::new();
        for (language, phrases) in PHRASES {
            assert!(crate::settings::LANGUAGES.contains(language), "{language}");
            for phrase in *phrases {
                let letters = letters(phrase);
                assert!(!letters.is_empty() && !seen.contains(&letters), "{phrase} is there twice");
                seen.push(letters);
            }
        }
    }
}
