//! Invented people of a Japanese region, as patient administration writes them down.
//!
//! What costs an index is how often names and birth dates repeat: the commonest family names have the shares
//! that they have in Japan, hundreds of rarer ones share the rest. Any resemblance is chance.

use datatypes::Dtm;
use identity::{Address, Demographics, NameRepresentation, PersonName, Sex, Telecom, TelecomUsage};

use super::random::Random;
use super::text::TOWNS;
use super::valid;

/// Kanji, kana, people of 10,000.
const COMMON_FAMILIES: [(&str, &str, usize); 40] = [
    ("佐藤", "サトウ", 150),
    ("鈴木", "スズキ", 143),
    ("高橋", "タカハシ", 113),
    ("田中", "タナカ", 107),
    ("伊藤", "イトウ", 86),
    ("渡辺", "ワタナベ", 85),
    ("山本", "ヤマモト", 84),
    ("中村", "ナカムラ", 83),
    ("小林", "コバヤシ", 82),
    ("加藤", "カトウ", 71),
    ("吉田", "ヨシダ", 66),
    ("山田", "ヤマダ", 65),
    ("佐々木", "ササキ", 54),
    ("山口", "ヤマグチ", 51),
    ("松本", "マツモト", 50),
    ("井上", "イノウエ", 49),
    ("木村", "キムラ", 46),
    ("林", "ハヤシ", 44),
    ("斎藤", "サイトウ", 43),
    ("清水", "シミズ", 42),
    ("山崎", "ヤマザキ", 38),
    ("森", "モリ", 37),
    ("池田", "イケダ", 36),
    ("橋本", "ハシモト", 36),
    ("阿部", "アベ", 35),
    ("石川", "イシカワ", 34),
    ("山下", "ヤマシタ", 33),
    ("中島", "ナカジマ", 32),
    ("石井", "イシイ", 31),
    ("小川", "オガワ", 31),
    ("前田", "マエダ", 30),
    ("岡田", "オカダ", 29),
    ("長谷川", "ハセガワ", 29),
    ("藤田", "フジタ", 29),
    ("後藤", "ゴトウ", 28),
    ("近藤", "コンドウ", 28),
    ("村上", "ムラカミ", 27),
    ("遠藤", "エンドウ", 26),
    ("青木", "アオキ", 26),
    ("坂本", "サカモト", 26),
];

/// Rarer family names are made of two parts.
const FIRST_PARTS: [(&str, &str); 30] = [
    ("秋", "アキ"),
    ("浅", "アサ"),
    ("荒", "アラ"),
    ("飯", "イイ"),
    ("稲", "イナ"),
    ("岩", "イワ"),
    ("上", "ウエ"),
    ("梅", "ウメ"),
    ("大", "オオ"),
    ("奥", "オク"),
    ("柏", "カシワ"),
    ("片", "カタ"),
    ("金", "カナ"),
    ("北", "キタ"),
    ("熊", "クマ"),
    ("黒", "クロ"),
    ("桜", "サクラ"),
    ("笹", "ササ"),
    ("柴", "シバ"),
    ("杉", "スギ"),
    ("高", "タカ"),
    ("竹", "タケ"),
    ("戸", "ト"),
    ("永", "ナガ"),
    ("西", "ニシ"),
    ("畑", "ハタ"),
    ("東", "ヒガシ"),
    ("平", "ヒラ"),
    ("福", "フク"),
    ("宮", "ミヤ"),
];
const SECOND_PARTS: [(&str, &str); 20] = [
    ("井", "イ"),
    ("内", "ウチ"),
    ("浦", "ウラ"),
    ("尾", "オ"),
    ("岡", "オカ"),
    ("川", "カワ"),
    ("木", "キ"),
    ("口", "グチ"),
    ("倉", "クラ"),
    ("坂", "サカ"),
    ("崎", "サキ"),
    ("沢", "ザワ"),
    ("島", "シマ"),
    ("瀬", "セ"),
    ("田", "タ"),
    ("谷", "タニ"),
    ("野", "ノ"),
    ("原", "ハラ"),
    ("村", "ムラ"),
    ("山", "ヤマ"),
];

const WOMEN: [(&str, &str); 24] = [
    ("花子", "ハナコ"),
    ("美咲", "ミサキ"),
    ("由紀子", "ユキコ"),
    ("さくら", "サクラ"),
    ("千代", "チヨ"),
    ("恵", "メグミ"),
    ("和子", "カズコ"),
    ("幸子", "サチコ"),
    ("節子", "セツコ"),
    ("洋子", "ヨウコ"),
    ("陽子", "ヨウコ"),
    ("久美子", "クミコ"),
    ("明美", "アケミ"),
    ("直美", "ナオミ"),
    ("智子", "トモコ"),
    ("裕子", "ユウコ"),
    ("愛", "アイ"),
    ("彩", "アヤ"),
    ("麻衣", "マイ"),
    ("結衣", "ユイ"),
    ("陽菜", "ヒナ"),
    ("葵", "アオイ"),
    ("凛", "リン"),
    ("紬", "ツムギ"),
];
const MEN: [(&str, &str); 24] = [
    ("太郎", "タロウ"),
    ("健一", "ケンイチ"),
    ("大輔", "ダイスケ"),
    ("翔", "ショウ"),
    ("直樹", "ナオキ"),
    ("清", "キヨシ"),
    ("正", "タダシ"),
    ("茂", "シゲル"),
    ("勇", "イサム"),
    ("博", "ヒロシ"),
    ("浩", "ヒロシ"),
    ("誠", "マコト"),
    ("隆", "タカシ"),
    ("修", "オサム"),
    ("達也", "タツヤ"),
    ("哲也", "テツヤ"),
    ("剛", "ツヨシ"),
    ("健太", "ケンタ"),
    ("拓也", "タクヤ"),
    ("大樹", "ダイキ"),
    ("蓮", "レン"),
    ("悠真", "ユウマ"),
    ("湊", "ミナト"),
    ("樹", "イツキ"),
];

/// What the person with this number is called, and where it lives; always the same.
#[must_use]
pub fn person(number: u64) -> Demographics {
    let mut random = Random::new(number);
    let (family, family_kana) = family(&mut random);
    let (sex, given) = match random.below(2) {
        0 => (Sex::Female, pick(&mut random, &WOMEN)),
        _ => (Sex::Male, pick(&mut random, &MEN)),
    };
    let (given, given_kana) = given;
    let birth_date = format!(
        "{:04}{:02}{:02}",
        random.between(1930, 2025),
        random.between(1, 12),
        random.between(1, 28)
    );
    let block = random.between(1, 99);
    let town = random.pick(&TOWNS);
    let legal = PersonName::legal;
    Demographics {
        names: vec![
            legal(&family, given, Some(NameRepresentation::Ideographic)),
            legal(&family_kana, given_kana, Some(NameRepresentation::Phonetic)),
        ],
        birth_date: Some(valid(Dtm::parse(&birth_date))),
        sex: Some(sex),
        addresses: vec![Address {
            postal_code: format!("4{:02}-{:04}", random.below(40), random.below(10_000)),
            country: "JPN".to_owned(),
            full: format!("静岡県静岡市{town}{block}"),
            ..Address::default()
        }],
        telecoms: vec![Telecom {
            number: format!("054-{:03}-{:04}", random.below(1_000), random.below(10_000)),
            usage: TelecomUsage::Home,
        }],
        ..Demographics::default()
    }
}

fn family(random: &mut Random) -> (String, String) {
    let mut place = random.below(10_000);
    for (kanji, kana, share) in COMMON_FAMILIES {
        match place.checked_sub(share) {
            Some(rest) => place = rest,
            None => return (kanji.to_owned(), kana.to_owned()),
        }
    }
    let (first, second) = (pick(random, &FIRST_PARTS), pick(random, &SECOND_PARTS));
    (format!("{}{}", first.0, second.0), format!("{}{}", first.1, second.1))
}

fn pick(
    random: &mut Random,
    names: &[(&'static str, &'static str)],
) -> (&'static str, &'static str) {
    names.get(random.below(names.len())).copied().unwrap_or_default()
}
