const en = {
  title: 'Sign with the passkey',
  lead: '{host} asks to link a device to your WhatsApp account.',
  warning: 'Go on only if you are linking your phone there yourself. Who is let in reads and writes your messages.',
  sign: 'Sign',
  signing: 'A tab with WhatsApp Web is open: sign there as your browser asks you to.',
  looking: 'One moment…',
  nothing: 'Nothing is to be signed on that page. Open the page that you were sent, and press the Hookline icon there.',
  closed: 'The page was closed or has moved on. Open it again, and press the Hookline icon there.',
  over: 'This request is over. Go back to the page: it has a new one, or a code to scan.',
  unavailable: 'Nothing is to be signed any more: it was signed already, or the phone called it off.',
  declined:
    'Nothing was signed: it was cancelled, or this browser has no passkey of WhatsApp. Have you another browser or phone that has it?',
  old: 'This browser is too old to sign. Update it and try again.',
  unreachable: 'WhatsApp Web did not open. Look at the connection and try again.',
  refused: 'It was not taken ({code}). Go back to the page and try again.',
  offline: 'The page did not answer. Look at the connection and try again.',
  again: 'Try again',
};

const pt: typeof en = {
  title: 'Assinar com a chave de acesso',
  lead: '{host} pede para conectar um aparelho à sua conta do WhatsApp.',
  warning: 'Continue só se é você quem está conectando seu celular ali. Quem entra lê e escreve suas mensagens.',
  sign: 'Assinar',
  signing: 'Uma aba do WhatsApp Web está aberta: assine ali como o navegador pedir.',
  looking: 'Um momento…',
  nothing: 'Não há nada para assinar nessa página. Abra a página que você recebeu e clique ali no ícone do Hookline.',
  closed: 'A página foi fechada ou mudou. Abra-a de novo e clique ali no ícone do Hookline.',
  over: 'Este pedido acabou. Volte à página: ela tem um novo, ou um código para escanear.',
  unavailable: 'Não há mais nada para assinar: já foi assinado, ou o celular cancelou.',
  declined:
    'Nada foi assinado: foi cancelado, ou este navegador não tem a chave de acesso do WhatsApp. Você tem outro navegador ou celular com ela?',
  old: 'Este navegador é antigo demais para assinar. Atualize-o e tente de novo.',
  unreachable: 'O WhatsApp Web não abriu. Verifique a conexão e tente de novo.',
  refused: 'Não foi aceito ({code}). Volte à página e tente de novo.',
  offline: 'A página não respondeu. Verifique a conexão e tente de novo.',
  again: 'Tentar de novo',
};

const es: typeof en = {
  title: 'Firmar con la llave de acceso',
  lead: '{host} pide vincular un dispositivo a tu cuenta de WhatsApp.',
  warning: 'Sigue solo si eres tú quien está vinculando tu teléfono ahí. Quien entra lee y escribe tus mensajes.',
  sign: 'Firmar',
  signing: 'Hay una pestaña de WhatsApp Web abierta: firma ahí como te lo pida el navegador.',
  looking: 'Un momento…',
  nothing: 'No hay nada que firmar en esa página. Abre la página que recibiste y pulsa ahí el icono de Hookline.',
  closed: 'La página se cerró o cambió. Ábrela de nuevo y pulsa ahí el icono de Hookline.',
  over: 'Esta petición ha terminado. Vuelve a la página: tiene una nueva, o un código para escanear.',
  unavailable: 'Ya no hay nada que firmar: ya se firmó, o el teléfono lo canceló.',
  declined:
    'No se firmó nada: se canceló, o este navegador no tiene la llave de acceso de WhatsApp. ¿Tienes otro navegador o teléfono con ella?',
  old: 'Este navegador es demasiado antiguo para firmar. Actualízalo e inténtalo de nuevo.',
  unreachable: 'WhatsApp Web no se abrió. Revisa la conexión e inténtalo de nuevo.',
  refused: 'No se aceptó ({code}). Vuelve a la página e inténtalo de nuevo.',
  offline: 'La página no respondió. Revisa la conexión e inténtalo de nuevo.',
  again: 'Intentar de nuevo',
};

const LANGUAGES: Record<string, typeof en> = { en, pt, es };

const language = navigator.languages.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '').find((tag) => tag in LANGUAGES) ?? 'en';
document.documentElement.lang = language;
export const words = LANGUAGES[language] as typeof en;
