"""What a customer is likely to buy, foreseen from what they bought (BG/NBD with gamma-gamma), and their group by rule.

Value decides nothing that is owed and nothing that is put right: groups speak of the extra alone (V3, V5).
"""
