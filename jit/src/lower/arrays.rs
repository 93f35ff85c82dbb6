//! The numbers of arrays (`array.array`).
use super::Lowering;
use inkwell::types::IntType;
use inkwell::values::{BasicValueEnum, PointerValue};
use pyroxene_hir::Value;
use pyroxene_jit_api::Items;

impl<'c> Lowering<'c, '_> {
    fn array_place(&self, array: Value, index: Value, items: Items) -> PointerValue<'c> {
        let base = self.field(self.pointer(array), self.host.layout.array_items);
        self.emit.at_index(base, self.int(index), items.bits() / 8)
    }

    /// How an int in an array is stored.
    fn stored(&self, items: Items) -> IntType<'c> {
        match items.bits() {
            8 => self.emit.byte(),
            16 => self.emit.short(),
            32 => self.emit.int(),
            _ => self.emit.long(),
        }
    }

    pub(super) fn array_item(
        &self,
        array: Value,
        index: Value,
        items: Items,
    ) -> BasicValueEnum<'c> {
        let place = self.array_place(array, index, items);
        let long = self.emit.long();
        match items {
            Items::Double => self.emit.load_float(place).into(),
            Items::Float => self.emit.load_single(place).into(),
            Items::SignedChar | Items::Short | Items::Int => {
                let item = self.emit.load_int(self.stored(items), place);
                let wide = self
                    .emit
                    .build(|builder| builder.build_int_s_extend(item, long, ""));
                wide.into()
            }
            Items::UnsignedChar | Items::UnsignedShort | Items::UnsignedInt => {
                let item = self.emit.load_int(self.stored(items), place);
                let wide = self
                    .emit
                    .build(|builder| builder.build_int_z_extend(item, long, ""));
                wide.into()
            }
            Items::Long | Items::LongLong => self.emit.load_int(long, place).into(),
        }
    }

    pub(super) fn store_array_item(&self, array: Value, index: Value, item: Value, items: Items) {
        let place = self.array_place(array, index, items);
        match items {
            Items::Double => self.emit.store(place, self.float(item)),
            Items::Float => self.emit.store_single(place, self.float(item)),
            Items::Long | Items::LongLong => self.emit.store(place, self.int(item)),
            Items::SignedChar
            | Items::UnsignedChar
            | Items::Short
            | Items::UnsignedShort
            | Items::Int
            | Items::UnsignedInt => {
                let (item, ty) = (self.int(item), self.stored(items));
                let narrow = self
                    .emit
                    .build(|builder| builder.build_int_truncate(item, ty, ""));
                self.emit.store(place, narrow);
            }
        }
    }
}
