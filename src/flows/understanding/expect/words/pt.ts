import { list, type Words } from './words.ts';

export const pt: Words = {
  small:
    'zero um|uma|hum dois|duas tres quatro cinco seis sete oito nove dez onze doze treze quatorze|catorze quinze dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove',
  tens: 'vinte trinta quarenta cinquenta|cincoenta sessenta setenta oitenta noventa',
  hundreds:
    'cem|cento duzentos|duzentas trezentos|trezentas quatrocentos|quatrocentas quinhentos|quinhentas seiscentos|seiscentas setecentos|setecentas oitocentos|oitocentas novecentos|novecentas',
  scales: { mil: 1_000, k: 1_000, mi: 1_000_000, milhao: 1_000_000, milhoes: 1_000_000, bilhao: 1_000_000_000, bilhoes: 1_000_000_000 },
  groups: {
    ...{ duzia: 12, duzias: 12, dezena: 10, dezenas: 10, par: 2, pares: 2 },
    ...{ centena: 100, centenas: 100, milhar: 1_000, milhares: 1_000, milheiro: 1_000, milheiros: 1_000 },
  },
  one: list('um|uma'),
  none: list('nenhum|nenhuma|ninguem|nada'),
  ordinals:
    'primeiro|primeira|1o|1a segundo|segunda|2o|2a terceiro|terceira|3o|3a quarto|quarta|4o|4a quinto|quinta|5o|5a sexto|sexta|6o|6a setimo|setima|7o|7a oitavo|oitava|8o|8a nono|nona|9o|9a decimo|decima|10o|10a',
  last: list('ultimo|ultima'),
  firstDay: list('primeiro|primeiro dia'),
  months: 'janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro',
  shortMonths: 'jan fev mar abr mai jun jul ago set out nov dez',
  weekdays:
    'segunda-feira|segunda terca-feira|terca quarta-feira|quarta quinta-feira|quinta sexta-feira|sexta sabado|sabadao domingo|domingao',
  shortWeekdays: 'seg|2a ter|3a qua|4a qui|5a sex|6a sab dom',
  days: {
    hoje: 0,
    hj: 0,
    'hoje mesmo': 0,
    amanha: 1,
    'amanha cedo': 1,
    amanhan: 1,
    'depois de amanha': 2,
    'depois d amanha': 2,
    ontem: -1,
    anteontem: -2,
    'antes de ontem': -2,
  },
  feasts: {
    ...{ natal: '12-25', 'vespera de natal': '12-24', 'vespera do natal': '12-24' },
    ...{ 'ano novo': '01-01', 'vespera de ano novo': '12-31', 'vespera do ano novo': '12-31', reveillon: '12-31' },
  },
  clocks: { 'meio dia': 720, meiodia: 720, 'meia noite': 0, meianoite: 0 },
  parts: {
    morning: list('da manha|de manha|pela manha|na manha|a manha|manha|manhazinha|da madrugada|de madrugada|madrugada'),
    afternoon: list('da tarde|de tarde|a tarde|na tarde|pela tarde|tarde|tardinha|esta tarde'),
    evening: list(''),
    night: list('da noite|de noite|a noite|na noite|pela noite|noite'),
  },
  thisPart: { 'esta noite': 'night', 'essa noite': 'night', 'hoje a noite': 'night' },
  units: {
    second: list('s|seg|segs|segundos|segundinhos'),
    minute: list('min|mins|minuto|minutos|minutinho|minutinhos|m'),
    hour: list('h|hs|hr|hrs|hora|horas|horinha|horinhas'),
    day: list('d|dia|dias'),
    workday: list('dia util|dias uteis'),
    week: list('semana|semanas|sem'),
    month: list('mes|meses'),
    year: list('ano|anos'),
  },
  marks: {
    at: list('as'),
    about: list('pelas|la pelas|la pras|por volta das|por volta de|em torno das|em torno de|perto das|tipo as'),
    and: list('e'),
    of: list('de|do|da|dos|das'),
    half: list('meia|meio'),
    quarter: list('quarto|um quarto|quartos'),
    to: list('para as|pras|para a|pra|para o|pro|para'),
    minus: list('menos'),
    next: list('que vem|proximo|proxima|prox|q vem|seguinte'),
    last: list('que passou|passado|passada|ultima|ultimo'),
    ago: list('atras|ha'),
    this: list('este|esta|deste|desta|neste|nesta|esse|essa|desse|dessa|nesse|nessa|agora'),
    in: list('em|daqui|daqui a|dentro de'),
    hence: list('a partir de agora|a partir de hoje'),
    now: list('agora|agora mesmo'),
    day: list(''),
    percent: list('por cento'),
    comma: list('virgula'),
    feira: list('feira'),
    stop: list(`
    nao | n | nem | nunca | jamais | sem | exceto | tirando | ou | mas | porem | so que | no se | max | alem |
    mil desculpas | mil perdoes | segunda opcao | segunda vez | segunda via | segunda parte | antes | depois | apos | ate |
    entre | desde | a partir | a partir de | mais | mais de | mais que | menos de | menos que | pelo menos | ao menos |
    no minimo | no maximo | minimo | maximo | acima | abaixo | quase | qualquer | quaisquer | todo | todos | toda | todas |
    cada | algum | alguma | alguns | algumas | pouco | pouca | poucos | poucas | varios | varias | muitos | muitas |
    ambos | outro | outra | outros | outras | mais tarde | mais cedo | segundas | tercas | quartas | quintas | sextas |
    sabados | domingos | fim de semana | final de semana | em diante | metade | santa | santo | carnaval | pascoa | ramos |
    cinzas | um pouco | daqui a pouco | inteiro | inteira | todo dia |
    terco | tercos | quintos | sextos | setimos | oitavos | nonos | decimos | avos | vigesimo | vigesima | trigesimo | trigesima |
    centesimo | centesimos | milesimo | milesimos | centavo | centavos | trilhao | trilhoes |
    negativo | negativa | negativos | negativas | dobro | triplo | util | uteis |
    vespera | vesperas`),
    drop: list(`
    o | a | os | no | na | nos | nas | ao | aos | eh | que | q | uns | umas | cerca de | cerca | mais ou menos |
    aproximadamente | por volta | tipo | acho | acho que | talvez | quero | queria | gostaria | pode | ser | poderia |
    seria | sera | por favor | pfv | pf | porfavor | obrigado | obrigada | obg | valeu | vlw | sim | ok | eu | me | so |
    somente | apenas | em ponto | ponto | faltam | falta | la | com certeza | pode ser | bom dia | boa tarde | boa noite |
    oi | ola | isso | marcar | marca | agendar | bem | cedo | mesmo | vou | ir | melhor | prefiro | ta | bom | entao |
    tem | hrs`),
    counted: list(`
    somos | seremos | sao | tenho | pessoa | pessoas | unidade | unidades | vez | vezes | x | g | kg | kgs | km | cm | mm |
    ml | l | un | pct | lt | lts | kilo | kilos | quilo | quilos | litro | litros | metro | metros | filho | filhos |
    filha | filhas | crianca | criancas | adulto | adultos | reais | real | conto | contos | nota`),
  },
  yes: list(`
    sem duvida | sem duvidas | certamente | ctz | opa | pode crer | firmeza | partiu | simbora | de boa | vdd | pode apostar | eu vou | estou dentro | tamo junto | confere | procede | com muito prazer | manda ver | manda bala | eu topo | bora sim | isso sim | sim | s | claro | claro que sim | logico que sim | obvio que sim | com certeza | com toda certeza | certeza | fechou | desejo | desejo sim |
    lo confirmo | isso | isso mesmo | isso ai | exato | exatamente | confirmo | confirmado | confirmar | confirmadissimo |
    quero | quero sim | eu quero | pode sim | pode | pode ser | pode ser sim | positivo | afirmativo | aham | uhum | ahan |
    arram | ss | bora | bora la | vamos | show | show de bola | perfeito | otimo | fechado | combinado | acho que sim |
    creio que sim | sem problema | sem problemas | nao tem problema | por que nao | porque nao | correto | aceito |
    concordo | autorizo | gostaria | gostaria sim | topo | to dentro | dale | manda | pode mandar | pode confirmar |
    pode marcar | pode agendar | gostei | com prazer | por mim sim | tenho | tenho sim | vou | vou sim | recebi |
    recebi sim | foi | foi sim | esta sim | ja | ja sim | obvio | logico | de acordo | tenho interesse | tenho certeza |
    ss quero | sim senhor | sim senhora | eu aceito | eu confirmo | verdade | eh sim | eh | positivo e operante`),
  mild: list(`
    ok | okay | okey | certo | ta | ta bom | ta bem | ta ok | ta certo | tah | tudo bem | td bem | tudo certo | beleza |
    blz | bom | bem | legal | massa | entendi | entendido | por mim tudo bem | ta joia | joia | tranquilo | suave | vale |
    otimo entao | esta bem | esta bom | tmj | demoro | demorou`),
  no: list(`
    nops | nop | nope | naum | noup | nao mais | nao irei | nao vou conseguir | nao vou ir | nao eh possivel | nao vai ser possivel | nao sera possivel | por ora nao | nao foi isso | nao confere | nao procede | nao reconheco | nao acho | nao acredito | nao creio | nao faz sentido | nao curti | nao vai rolar | nao tem como | nao to interessado | nao to interessada | nao estou interessado | nao estou interessada | agradeco mas nao | nao preciso nao | nao | n | nn | nao nao | nunca | jamais | negativo | nem pensar | nem | de jeito nenhum | de forma alguma |
    de maneira nenhuma | claro que nao | acho que nao | creio que nao | prefiro nao | melhor nao | quero nao | pode nao | deixa pra la | deixa | deixa quieto | nada | nenhum | nenhuma | nao quero | nao posso |
    nao pode | nao vou | nao vou poder | nao vou querer | nao consigo | nao preciso | nao precisa | nao precisa nao |
    nao gostaria | nao tenho | nao tenho interesse | nao da | nunca mais | certeza que nao | nao vai dar | nao rola |
    nao concordo | nao aceito | nao autorizo | nao confirmo | nao eh | nao foi | nao recebi | nao desejo | nao gostei |
    nao poderei | nao quero nao | nao queria | nao esta | nao ta | nao mesmo | ainda nao | nem a pau | nem quero |
    to fora | sem interesse | dispenso | por enquanto nao | no momento nao | nao por enquanto | eu nao | isso nao |
    obvio que nao | com certeza nao | nao eh isso | nao quero mais | nao preciso mais | que nao | absolutamente nao |
    nao senhor | nao senhora | vou nao | posso nao | tenho nao | precisa nao | discordo | recuso | errado | incorreto |
    nao esta correto | nao eh necessario | nao necessario | nao esta certo | nao gostei nao`),
  firm: list(`
    nao quero | nao quero mais | nao preciso | nao vou | nao vou poder | nao gostaria | nao desejo | nao tenho interesse |
    hoje nao posso | agora nao posso`),
  later: list(`
    agora nao | hoje nao | nao hoje | nao agora | amanha nao | agora nao posso | agora nao da | hoje nao posso |
    hoje nao da | nao posso hoje | nao posso agora | depois | mais tarde | outro dia | outra hora | nao amanha`),
  unsure: list(`
    nao sei | n sei | sei la | sei nao | talvez | depende | tanto faz | quem sabe | nao tenho certeza | nao entendi |
    nao lembro | nao me lembro | nao faco ideia | nem sim nem nao | nem nao nem sim | nem um nem outro | vou ver |
    vou pensar | deixa eu ver | deixa eu pensar | pode ser que sim | pode ser que nao | pode ser que | nao importa |
    nao sei dizer | nao sei ainda | ainda nao sei | sera | como | como assim | o que | oq | que | duvida | em duvida | ou |
    mais ou menos | um pouco | as vezes | nao decidi | nao estou entendendo | ainda nao decidi | quero nao sei |
    sim e nao | quero cancelar | quero falar | pode cancelar`),
  but: list('mas|porem|so que|entretanto|todavia|contudo|se|caso|desde que|so se|quando|exceto|menos'),
  polite: list(`
    acredito | acredito que | creio | creio que | imagino que | penso que | prefiro | prefiro que | na verdade | sinceramente | lamentavelmente | presenca | ir | comparecer | participar | pessoal | por enquanto | ainda | por favor | pfv | pf | porfavor | obrigado | obrigada | obg | brigado | brigada | valeu | vlw | muito obrigado |
    muito obrigada | eu | entao | e | ne | viu | moca | moco | mesmo | la | pra mim | acho | amigo | amiga | querida |
    querido | kkk | kk | rs | rsrs | haha | oi | ola | bom dia | boa tarde | boa noite | no momento | agora | hoje | ja |
    gente | infelizmente | mt obrigado | muito | o | a | uai | ue | po | cara | mano | senhor | senhora | ai | aqui |
    tudo | que bom | otimo | isso | plenamente | totalmente | completamente | so isso | era so isso`),
  short: { q: 'que', n: 'nao', num: 'nao', hj: 'hoje', vc: 'voce', tb: 'tambem', pq: 'porque', msm: 'mesmo' },
  pick: list(`
    o | a | os | as | de | do | da | um | uma | opcao | opcoes | numero | num | item | alternativa | escolho | escolha |
    prefiro | vou querer | vou | quero | queria | gostaria | pode | ser | seria | eh | me ve | ve | me | manda |
    por favor | pfv | pf | favor | por | obrigado | obrigada | obg | valeu | ok | sim | acho | que | pra | para | mim |
    eu | essa | esse | com | oi | ola | bom | boa | dia | tarde | noite | com certeza | certeza | so | somente | apenas |
    mesmo | ficar | fico | entao`),
  pickNot: list(`
    nao | nem | sem | menos | exceto | nenhum | nenhuma | nunca | tirando | tira | tirar | retira | retirar | remove | ou |
    e | mas | qualquer | todos | todas | tudo | ambos | ambas | quanto | qual | quais | meia |
    meio | metade | outra | outro | cancelar | cancela | duas | dois | antes | depois | odeio | detesto | trocar`),
};
