/** What the buttons before a login and after it say, in the languages that WhatsApp Web is shown in; in small letters. */

export const CONTINUE = [
  ...['continue', 'continuar', 'continuer', 'continua', 'weiter', 'fortfahren', 'doorgaan', 'ga door', 'fortsätt', 'fortsæt'],
  ...['fortsett', 'jatka', 'kontynuuj', 'dalej', 'pokračovat', 'pokračovať', 'tovább', 'folytatás', 'continuă', 'continuați'],
  ...['nastavi', 'nadaljuj', 'tęsti', 'turpināt', 'jätka', 'vazhdo', 'devam', 'devam et', 'davam et', 'davom etish'],
  ...['lanjutkan', 'teruskan', 'tiếp tục', 'magpatuloy', 'endelea', 'gaan voort', 'продолжить', 'продовжити', 'продължаване'],
  ...['напред', 'настави', 'продолжи', 'жалғастыру', 'улантуу', 'συνέχεια', 'გაგრძელება', 'המשך', 'להמשיך', 'متابعة'],
  ...['استمرار', 'ادامه', 'جاری رکھیں', 'जारी रखें', 'सुरू ठेवा', 'पुढे सुरू ठेवा', 'চালিয়ে যান', 'ਜਾਰੀ ਰੱਖੋ', 'ચાલુ રાખો', 'தொடரவும்'],
  ...['தொடர்க', 'కొనసాగించండి', 'ಮುಂದುವರಿಸಿ', 'തുടരുക', 'ดำเนินการต่อ', 'ต่อไป', 'បន្ត', 'ສືບຕໍ່', '继续', '繼續', '続行', '続ける', '次へ', '계속'],
];

/** That the codes are the same. */
export const SAME = [
  ...['they match', 'codes match', 'yes', 'confirm', 'coinciden', 'sí', 'confirmar', 'coincidem', 'são iguais', 'sim'],
  ...['oui', 'confirmer', 'ja', 'bestätigen', 'sì', 'conferma', 'tak', 'да', 'evet', 'ya', 'نعم', 'हाँ', '是', 'はい', '예'],
  ...CONTINUE,
];

/** That they are not, or that somebody has thought better of it. */
export const OTHER = [
  ...["they don't match", 'they don’t match', "codes don't match", 'no', 'cancel', 'no coinciden', 'cancelar', 'não coincidem', 'não'],
  ...['non', 'annuler', 'nein', 'abbrechen', 'annulla', 'nie', 'anuluj', 'нет', 'отмена', 'hayır', 'iptal', 'tidak', 'batal'],
  ...['لا', 'إلغاء', 'नहीं', 'रद्द करें', '否', '取消', 'いいえ', 'キャンセル', '아니요', '취소'],
];

/** That something was read. */
export const OK = [
  ...['ok', 'okay', 'got it', 'done', 'aceptar', 'entendido', 'listo', 'entendi', 'concluir', 'pronto', "j'ai compris", 'j’ai compris'],
  ...["d'accord", 'd’accord', 'verstanden', 'alles klar', 'ho capito', 'va bene', 'begrepen', 'rozumiem', 'понятно', 'ок', 'зрозуміло'],
  ...['tamam', 'anladım', 'mengerti', 'oke', 'đã hiểu', 'حسنًا', 'تم', 'ठीक है', 'समझ गए', '知道了', '好', '确定', '確定', '확인'],
];

/** The cross in the corner, which decides nothing. */
export const CLOSE = [
  ...['close', 'cerrar', 'fechar', 'fermer', 'schließen', 'chiudi', 'sluiten', 'zamknij', 'закрыть', 'закрити', 'kapat', 'tutup', 'đóng'],
  ...['إغلاق', 'बंद करें', '关闭', '關閉', '閉じる', '닫기'],
];

/** What is new in WhatsApp Web, shown once after a login: who does not answer it is unlinked after some minutes. */
export const NEWS = [
  ...["what's new", 'what’s new', 'fresh look', 'new look', 'novedades', 'nuevo aspecto', 'nueva apariencia', 'nuevo diseño', 'novidades'],
  ...[
    'novo visual',
    'nova aparência',
    'cara nova',
    'quoi de neuf',
    'nouveautés',
    'nouveau look',
    'neuigkeiten',
    'neues design',
    'was ist neu',
  ],
  ...['novità', 'nuovo aspetto', 'wat is er nieuw', 'nieuwe look', 'co nowego', 'nowy wygląd', 'что нового', 'новый дизайн', 'що нового'],
  ...[
    'yenilikler',
    'yeni görünüm',
    'yang baru',
    'tampilan baru',
    'có gì mới',
    'ما الجديد',
    'नया क्या है',
    '新功能',
    '新增功能',
    '新機能',
    '새로운',
  ],
];
