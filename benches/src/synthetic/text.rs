//! Words out of which names, titles and addresses are put together. None belongs to anybody.

pub(super) const FAMILIES: [&str; 12] = [
    "山田",
    "佐々木",
    "髙橋",
    "渡邊",
    "伊集院",
    "小林",
    "斎藤",
    "長谷川",
    "五十嵐",
    "森",
    "菅原",
    "勅使河原",
];
pub(super) const GIVEN: [&str; 12] = [
    "太郎",
    "花子",
    "健一",
    "美咲",
    "大輔",
    "由紀子",
    "翔",
    "さくら",
    "龍之介",
    "恵",
    "直樹",
    "千代",
];
pub(super) const INSTITUTIONS: [&str; 8] = [
    "中央総合病院",
    "県立がんセンター",
    "みどりクリニック",
    "大学医学部附属病院",
    "赤松記念病院",
    "東部地域医療センター",
    "さくら訪問看護ステーション",
    "港南こども診療所",
];
pub(super) const ROLES: [&str; 4] = ["主治医", "担当医", "看護師", "放射線科医"];
pub(super) const SPECIALTIES: [&str; 5] =
    ["循環器内科", "呼吸器外科", "小児科", "放射線診断科", "総合診療科"];
pub(super) const TITLES: [&str; 8] = [
    "診療情報提供書（循環器内科宛）",
    "退院時要約 入院経過と今後の方針",
    "胸部CT検査報告書",
    "血液検査結果 生化学・血算",
    "手術記録（腹腔鏡下胆嚢摘出術）",
    "お薬手帳 & 処方一覧 <最新>",
    "特定健康診査結果通知表",
    "リハビリテーション実施計画書",
];
pub(super) const COMMENTS: [&str; 4] = [
    "紹介元への返書を含む。画像は別送。",
    "アレルギー情報の更新あり。次回受診時に確認のこと。",
    "速報値のため確定後に差し替える。",
    "患者家族への説明済み。同意書は紙で保管。",
];
pub(super) const TOWNS: [&str; 4] = ["中央区本町", "緑町東", "港南台", "北野新田"];
pub(super) const MIME_TYPES: [&str; 4] =
    ["text/xml", "application/pdf", "application/dicom", "application/fhir+json"];
