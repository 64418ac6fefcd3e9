"""What may stand in a file of each kind: its columns in plain words, and what people call them. Pure.

The words are those of five languages: English, German, French, Spanish and Portuguese.
"""

from __future__ import annotations

import attrs

from makegood.listen.tables import CHARGED, CUSTOMERS, MEMBERS, PLACES, PROMISES, PURCHASES, Table

KINDS: dict[str, tuple[str, Table]] = {
    "promises": ("Promises: orders, bookings or jobs with a day they are due", PROMISES),
    "purchases": ("Purchases: what was bought, when, for how much", PURCHASES),
    "charges": ("Charges and refunds: what was taken or given back", CHARGED),
    "customers": ("Customers", CUSTOMERS),
    "places": ("Places: stores, hotels, tills", PLACES),
    "members": ("People of ours", MEMBERS),
}
SOURCED = ("promises", "purchases", "charges")
"""Kinds that come from a source, whose references they are known by."""
TIMES = ("placed_at", "charged_at", "due_at", "made_at", "kept_at", "released_at")
AMOUNTS = ("total", "amount", "value", "limit")
NAMED = (*SOURCED, "customers", "members")
"""Kinds whose names are those of people, which may stand in two columns."""
GIVEN, FAMILY = "given_name", "family_name"
WHO = ("email", "phone", "loyalty", "order", "handle", "token")


@attrs.frozen(kw_only=True)
class Called:
    """A column in plain words, and what it is called by others: words as `plain_word` leaves them."""

    label: str
    words: tuple[str, ...]


def _c(label: str, words: str) -> Called:
    return Called(label=label, words=tuple(" ".join(word.split()) for word in words.split("|")))


CALLED: dict[str, Called] = {
    "email": _c(
        "E-mail",
        """
        email | e mail | mail | email address | e mail address | customer email | contact email | mail adresse |
        email adresse | e mail adresse | kunden email | courriel | adresse email | adresse e mail | adresse mail |
        adresse courriel | correo | correo electronico | email cliente | e mail do cliente | endereco de email |
        email do cliente | correio eletronico
        """,
    ),
    "phone": _c(
        "Phone",
        """
        phone | phone number | telephone | tel | mobile | mobile number | cell | telefon | telefonnummer | handy |
        handynummer | mobil | mobilnummer | rufnummer | numero de telephone | portable | telefono | movil | celular
        | numero de telefono | telefone | telemovel | numero de telefone
        """,
    ),
    "loyalty": _c(
        "Customer or loyalty number",
        """
        loyalty | loyalty number | loyalty id | customer id | customer number | customer no | client id | member
        number | card number | kundennummer | kundennr | kunden nr | kunden id | kundenkarte | numero client | no
        client | id client | carte de fidelite | numero de cliente | id cliente | cliente id | tarjeta de fidelidad
        | numero do cliente | cartao de fidelidade | codigo de cliente | codigo cliente
        """,
    ),
    "order": _c("Order number of the customer", "customer order | kundenauftrag"),
    "handle": _c(
        "Name in a chat or network",
        """
        handle | username | user name | nickname | benutzername | nom d utilisateur | usuario | utilizador | apelido
        """,
    ),
    "token": _c("Token of a card or receipt", "token | card token | receipt token | kartentoken"),
    "name": _c(
        "Name",
        """
        name | full name | customer name | customer | client | client name | contact | guest | guest name | kunde |
        kundenname | vollstandiger name | gast | nom | nom complet | nom du client | nom client | client nom |
        nombre | nombre completo | nombre del cliente | cliente | nome | nome completo | nome do cliente | hospede |
        store name | shop name | place name | filialname | bezeichnung | nom du magasin | nombre de la tienda |
        denominacion | denominacao | nome da loja | mitarbeiter | employe | empleado
        """,
    ),
    "language": _c("Language", "language | lang | locale | sprache | langue | idioma | lingua"),
    "zone": _c(
        "Time zone",
        """
        zone | time zone | timezone | tz | zeitzone | fuseau | fuseau horaire | zona horaria | huso horario | fuso
        horario
        """,
    ),
    "reference": _c(
        "Reference",
        """
        reference | ref | id | order | order id | order no | order number | order reference | booking | booking id |
        booking number | booking reference | reservation | number | no | nr | invoice | invoice number | transaction
        id | transaction | payment id | charge id | promise | promise id | job | job number | ticket | bestellung |
        bestellnummer | bestellnr | bestell nr | auftrag | auftragsnummer | auftragsnr | auftrags nr | buchung |
        buchungsnummer | rechnungsnummer | vorgangsnummer | belegnummer | referenz | commande | numero de commande |
        no commande | n commande | numero commande | reservation id | numero de reservation | facture | numero de
        facture | pedido | numero de pedido | no pedido | id pedido | num pedido | reserva | numero de reserva |
        factura | referencia | encomenda | numero da encomenda | numero do pedido | n encomenda | fatura | id da
        encomenda
        """,
    ),
    "placed_at": _c(
        "Bought at",
        """
        placed at | placed | placed on | ordered | ordered at | ordered on | order date | date ordered | bought |
        bought at | bought on | purchased | purchased on |
        purchase date | purchased at | sold at | sale date | created | created at | date | bestelldatum | bestellt
        am | bestellt | kaufdatum | gekauft am | auftragsdatum | datum | date de commande | date commande | commande
        le | date d achat | date achat | fecha | fecha de pedido | fecha pedido | fecha del pedido | fecha de compra
        | data | data do pedido | data da encomenda | data de compra | data da compra | encomendado em | invoice
        date | rechnungsdatum | date de facture | fecha de factura | data da fatura
        """,
    ),
    "made_at": _c(
        "Promised or ordered at",
        """
        made at | made | promised on | ordered | ordered at | ordered on | order date | date ordered | created |
        created at | created on | placed at | placed on | placed | booked | booked at | booked on | booking date |
        bestelldatum | bestellt am | bestellt |
        auftragsdatum | buchungsdatum | gebucht am | date de commande | date commande | commande le | date de
        reservation | fecha de pedido | fecha pedido | fecha del pedido | fecha de reserva | data do pedido | data
        da encomenda | data da reserva | encomendado em | purchased at | purchase date | kaufdatum
        """,
    ),
    "due_at": _c(
        "Due",
        """
        due at | due | due date | promised | promised at | promised for | promise date | promised date | deliver by
        | delivery due | expected delivery | estimated delivery | delivery date | ready by | ready at | deadline |
        eta | faellig | fallig | faellig am | fallig am | lieferdatum | liefertermin | liefern bis | zugesagt |
        zugesagt am | versprochen | termin | voraussichtliche lieferung | frist | date prevue | livraison prevue |
        date de livraison prevue | date de livraison | a livrer le | promis | promis le | promis pour | echeance |
        fecha prometida | prometido | prometido para | fecha de entrega prevista | entrega prevista | fecha de
        entrega | fecha limite | vencimiento | vence | data prometida | prometida | data de entrega prevista |
        previsao de entrega | data de entrega | data limite | prazo | prazo de entrega | vencimento
        """,
    ),
    "kept_at": _c(
        "Kept or delivered at",
        """
        kept at | kept | delivered | delivered at | delivered on | actual delivery | completed | completed at | done
        | done at | fulfilled | fulfilled at | collected | collected at | geliefert | geliefert am | zugestellt |
        zugestellt am | erledigt | erledigt am | abgeschlossen | livre | livre le | date de livraison effective |
        termine | termine le | entregado | entregado el | fecha de entrega real | completado | entregue | entregue
        em | data de entrega real | concluido | concluido em
        """,
    ),
    "released_at": _c(
        "Called off at",
        """
        released at | cancelled | canceled | cancelled at | canceled at | cancellation date | storniert | storniert
        am | stornodatum | annule | annule le | date d annulation | cancelado | cancelado el | fecha de cancelacion
        | anulado | cancelada | cancelado em | data de cancelamento
        """,
    ),
    "charged_at": _c(
        "Charged at",
        """
        charged at | charged | charge date | paid | paid at | payment date | transaction date | booked | date |
        created | created at | bezahlt | bezahlt am | zahlungsdatum | buchungsdatum | belastet am | datum | paye le
        | date de paiement | date de transaction | pagado | pagado el | fecha | fecha de pago | fecha de cobro |
        pago em | data | data de pagamento | data do pagamento
        """,
    ),
    "amount": _c(
        "Amount",
        """
        amount | charge | charged amount | total | sum | value | gross | betrag | summe | zahlbetrag | montant |
        montant total | importe | monto | cantidad | valor | montante | quantia
        """,
    ),
    "total": _c(
        "Total paid",
        """
        total | total price | order total | grand total | amount | price | sum | gross | order value | revenue |
        gesamt | gesamtbetrag | gesamtpreis | summe | betrag | preis | bestellwert | endbetrag | montant | montant
        total | prix | prix total | total ttc | importe | importe total | precio | precio total | monto | monto
        total | valor | valor total | preco | preco total | montante
        """,
    ),
    "value": _c(
        "What it is worth",
        """
        value | worth | value at stake | wert | warenwert | valeur | valor em causa
        """,
    ),
    "currency": _c(
        "Currency",
        """
        currency | currency code | cur | ccy | wahrung | waehrung | devise | monnaie | moneda | divisa | moeda
        """,
    ),
    "what": _c(
        "What it was",
        """
        what | item | items | product name | description | article | goods | title | artikel | artikelname | ware |
        beschreibung | bezeichnung | produktname | designation | produit | libelle | articulo | descripcion |
        denominacion | producto | artigo | descricao | denominacao | produto
        """,
    ),
    "place": _c(
        "Place (its code)",
        """
        place | place code | store | store code | store id | store no | shop | shop code | shop no | branch | location |
        hotel | till | depot | filiale | filialnummer | laden | geschaft | markt | standort | magasin | code magasin |
        numero de magasin | boutique | agence | site | tienda | codigo tienda | numero de tienda | sucursal | local |
        loja | codigo loja | numero da loja | filial
        """,
    ),
    "product": _c(
        "Product (its code)",
        """
        product | product code | sku | product id | item number | article number | produkt | artikelnummer |
        artikelnr | reference article | code produit | codigo de producto | referencia articulo | codigo do produto
        """,
    ),
    "partner": _c(
        "Partner who does it",
        """
        partner | carrier | supplier | courier | vendor | spediteur | versanddienst | lieferant | transporteur |
        fournisseur | transportista | proveedor | transportadora | fornecedor
        """,
    ),
    "purchase": _c(
        "Reference of its purchase",
        """
        purchase | purchase id | purchase reference | order | order id | order number | order no | bestellung |
        bestellnummer | kauf | auftragsnummer | commande | numero de commande | achat | compra | pedido | numero de
        pedido | encomenda
        """,
    ),
    "promise": _c(
        "Reference of its promise",
        """
        promise | promise id | promise reference | zusage | promesse | promesa | promessa
        """,
    ),
    "tender": _c(
        "Paid with",
        """
        tender | payment method | method | paid with | payment type | zahlungsart | zahlart | zahlungsmittel | mode
        de paiement | moyen de paiement | forma de pago | metodo de pago | metodo de pagamento | forma de pagamento
        """,
    ),
    "kind": _c("Kind", "kind | type | category | art | typ | genre | categorie | tipo | clase | categoria"),
    "code": _c(
        "Code",
        """
        code | store code | store id | store no | store number | shop code | shop no | shop number | place code |
        id | number | branch code | kurzel | kuerzel |
        filialnummer | filialcode | nummer | nr | code magasin | numero de magasin | codigo | codigo tienda | codigo
        loja | numero de tienda | numero da loja
        """,
    ),
    "parent": _c(
        "Inside of (a code)",
        """
        parent | inside | inside of | within | part of | region | teil von | gehort zu | parent de | fait partie de
        | dentro de | pertenece a | pertence a | regiao
        """,
    ),
    "role": _c(
        "Role",
        """
        role | position | job | job title | rolle | funktion | stelle | role de | fonction | poste | rol | puesto |
        puesto de trabajo | cargo | funcao | papel
        """,
    ),
    "team": _c(
        "Team",
        """
        team | group | department | gruppe | abteilung | equipe | service | equipo | departamento
        """,
    ),
    "places": _c(
        "Places they serve (codes)",
        """
        places | stores | shops | store | shop | place | store code | filialen | filiale | laden | magasins |
        magasin | tiendas | tienda | lojas | loja
        """,
    ),
    "limit": _c(
        "May give a day",
        """
        limit | daily limit | allowance | tageslimit | grenze | limite | limite par jour | plafond | plafond par jour |
        limite diario | limite por dia | tope | tope diario | tope por dia
        """,
    ),
}
CALLED |= {GIVEN: Called(label="First name", words=()), FAMILY: Called(label="Last name", words=())}
"""What these are called is in `person_names`, as they may stand in one column."""
TITLES = {
    "charges": {"kind": "Kind: charge, refund or chargeback"},
    "places": {"kind": "Kind: store, hotel, depot, till"},
}


def columns_for(kind: str) -> tuple[str, ...]:
    """Return our columns that a file of this kind may have: those of its table, and the two parts of a name."""
    table = KINDS[kind][1]
    if kind not in NAMED:
        return table.columns
    after = table.columns.index("name") + 1
    return (*table.columns[:after], GIVEN, FAMILY, *table.columns[after:])
